//! What a single event says, held against its rule set, its actor and the event before it: the parts
//! of a decision that permission and folding do not see. Each function is one rule.

use crate::case::{
    Case, Clock, ClockKind, ClockRule, ClockStart, ClockUnit, Event, PauseGround, RuleSet, Stamped,
    may_stop_clocks,
};
use crate::time::{DAY_MILLIS, Timestamp};

/// What is wrong with an event.
pub(super) enum Wrong {
    /// A deadline that the rules do not give.
    Deadline,
    /// Anything else, in words.
    Event(&'static str),
}

type Held = Result<(), Wrong>;

/// Holds an event against what is known. `rules` is none where the set is not one that this program
/// carries; then what only the set knows stays unjudged. `last` is the event before it in its case.
pub(super) fn hold(
    case: Option<&Case>,
    stamped: &Stamped,
    last: Option<&Stamped>,
    rules: Option<&RuleSet>,
) -> Held {
    starts_where_it_should(stamped, rules)?;
    if let Some(rules) = rules {
        is_as_long_as_the_rule(&stamped.event, rules)?;
    }
    names_whoever_acts(stamped)?;
    let Some(case) = case else { return Ok(()) };
    follows_its_cause(case, stamped, last)?;
    ends_when_it_was_promised(case, &stamped.event)?;
    goes_on_when_it_ended(case, stamped, last)?;
    if let Some(rules) = rules {
        stops_what_the_rule_stops(case, stamped, rules)?;
        grows_as_the_rule_lets_it(case, &stamped.event, rules)?;
    }
    Ok(())
}

/// A clock counts from the act that starts it, and no other: a later start is a later deadline.
fn starts_where_it_should(stamped: &Stamped, rules: Option<&RuleSet>) -> Held {
    let at = stamped.at;
    let begins = |clock: &Clock, kind: ClockKind| {
        if clock.kind == kind && clock.start_at == at { Ok(()) } else { Err(Wrong::Deadline) }
    };
    match &stamped.event {
        Event::Received { diverted_at, clocks, .. } => {
            // The center's clock and ours may differ; a day is no difference of clocks.
            if diverted_at.millis_since(at) > DAY_MILLIS {
                return Err(Wrong::Deadline);
            }
            rules.map_or(Ok(()), |rules| all_of_an_intake(*diverted_at, at, clocks, rules))
        }
        Event::Settled { clock, .. } => {
            begins(clock, ClockKind::Perform)?;
            let is_day = clock.unit == ClockUnit::NamedDay;
            if is_day { Ok(()) } else { Err(Wrong::Deadline) }
        }
        Event::Breached { clock, .. } | Event::Reopened { clock } => {
            begins(clock, ClockKind::Settle)
        }
        Event::RejectionOverturned { clock } => {
            clock.iter().try_for_each(|clock| begins(clock, ClockKind::Respond))
        }
        Event::Urged { clock } => clock.iter().try_for_each(|clock| begins(clock, ClockKind::Urge)),
        _ => Ok(()),
    }
}

/// An intake starts every clock that its rule set starts with it, each from where the set says.
fn all_of_an_intake(
    diverted_at: Timestamp,
    at: Timestamp,
    clocks: &[Clock],
    rules: &RuleSet,
) -> Held {
    let start = |rule: &ClockRule| match rule.start {
        ClockStart::Diverted => Some((rule.kind, diverted_at)),
        ClockStart::Received => Some((rule.kind, at)),
        ClockStart::Urged | ClockStart::Told => None,
    };
    let should: Vec<_> = rules.clocks.iter().filter_map(start).collect();
    let are: Vec<_> = clocks.iter().map(|clock| (clock.kind, clock.start_at)).collect();
    if should == are { Ok(()) } else { Err(Wrong::Deadline) }
}

/// Length and unit are the rule's; only a settlement's day is named by people.
fn is_as_long_as_the_rule(event: &Event, rules: &RuleSet) -> Held {
    for clock in event.clocks() {
        let named = clock.kind == ClockKind::Perform && clock.unit == ClockUnit::NamedDay;
        let rule = rules.clock(clock.kind);
        let by_rule =
            rule.is_some_and(|rule| (rule.length, rule.unit) == (clock.length, clock.unit));
        if !named && !by_rule {
            return Err(Wrong::Deadline);
        }
    }
    Ok(())
}

/// Nobody makes another the first responder without their own act.
fn names_whoever_acts(stamped: &Stamped) -> Held {
    match &stamped.event {
        Event::Accepted { first_responder } | Event::TransferTaken { first_responder }
            if *first_responder != stamped.actor.pseudonym =>
        {
            Err(Wrong::Event("it names another first responder than the one who acts"))
        }
        _ => Ok(()),
    }
}

/// What is nobody's own act happens with its cause: at the same instant, by the same actor.
fn follows_its_cause(case: &Case, stamped: &Stamped, last: Option<&Stamped>) -> Held {
    if stamped.event.action(case).is_some() {
        return Ok(());
    }
    let caused = last.is_some_and(|last| {
        last.at == stamped.at && last.actor == stamped.actor && stamped.event.follows(&last.event)
    });
    if caused { Ok(()) } else { Err(Wrong::Event("nothing happened that leads to it")) }
}

/// The clock of performance ends on the day that was agreed.
fn ends_when_it_was_promised(case: &Case, event: &Event) -> Held {
    let Event::Settled { clock, offer_id, .. } = event else { return Ok(()) };
    let promised = case.offer(*offer_id).map(|offer| Timestamp::end_of(offer.terms.perform_by));
    if promised == Some(clock.due_at) { Ok(()) } else { Err(Wrong::Deadline) }
}

/// A pause ends with what ends it; one that lapsed had ended before somebody noted it.
fn goes_on_when_it_ended(case: &Case, stamped: &Stamped, last: Option<&Stamped>) -> Held {
    let Event::Resumed { clocks } = &stamped.event else { return Ok(()) };
    let lapsed = last.is_some_and(|last| {
        matches!(last.event, Event::SupplementLapsed {} | Event::PauseLapsed {})
            && stamped.event.follows(&last.event)
            && last.at == stamped.at
    });
    let over = case.pause.as_ref().and_then(|pause| pause.until).map(Timestamp::end_of);
    let end = over.map_or(stamped.at, |over| stamped.at.min(over.plus_millis(1)));
    let ends = |clock: &Clock| clock.pauses.last().map(|pause| pause.to_at);
    if lapsed || clocks.iter().all(|clock| ends(clock) == Some(end)) {
        Ok(())
    } else {
        Err(Wrong::Event("clocks go on at another instant than they say"))
    }
}

/// A pause stops the clocks of its ground, as often and as long as the set lets it.
fn stops_what_the_rule_stops(case: &Case, stamped: &Stamped, rules: &RuleSet) -> Held {
    let Event::Paused { ground, clocks, until } = &stamped.event else { return Ok(()) };
    let wrong = Err(Wrong::Event("the rule set does not let clocks stand still like this"));
    if clocks != rules.paused_by(*ground)
        || may_stop_clocks(case, rules, *ground, stamped.at).is_err()
    {
        return wrong;
    }
    let longest = rules.pause(*ground).map_or(0, |rule| rule.days);
    let today = stamped.at.civil_date();
    let last = today.checked_add(jiff::Span::new().days(i64::from(longest)));
    let bounded = match (ground, until) {
        (PauseGround::Supplement, until) => until.is_none(),
        (PauseGround::Examination, None) => false,
        (PauseGround::Examination, Some(until)) => {
            *until >= today && last.is_ok_and(|last| *until <= last)
        }
    };
    if bounded { Ok(()) } else { wrong }
}

/// More time is as much as the rule says, of the clock that it speaks of.
fn grows_as_the_rule_lets_it(case: &Case, event: &Event, rules: &RuleSet) -> Held {
    let rule = rules.extension().map(|rule| (rule.clock, rule.length));
    match event {
        Event::ExtensionAsked { clock, length } if rule != Some((*clock, *length)) => {
            Err(Wrong::Deadline)
        }
        Event::Extended { clock } => {
            let before = case.running(clock.kind).map_or(0, |entry| entry.clock.extended);
            let more = clock.extended.checked_sub(before).map(|more| (clock.kind, more));
            if more == rule { Ok(()) } else { Err(Wrong::Deadline) }
        }
        _ => Ok(()),
    }
}
