-- When the software next has to do something to a case: note a deadline that ran out, tell who must
-- know, destroy what is kept no longer. 9223372036854775807 when it need not. Cases from before are
-- looked at once (0), and then say themselves when again.
ALTER TABLE cases ADD COLUMN wake_at BIGINT NOT NULL DEFAULT 9223372036854775807;
UPDATE cases SET wake_at = 0 WHERE state <> 'erased';
CREATE INDEX cases_by_wake ON cases (wake_at) WHERE wake_at < 9223372036854775807;
COMMENT ON COLUMN cases.wake_at IS 'when the software next has to do something to the case';
