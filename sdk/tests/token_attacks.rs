//! Forged request tokens. Each is refused with its own code, and one good token per algorithm is
//! accepted. The forger has its own signer, so that our signing code cannot hide a fault of our
//! verifying code.

use std::collections::{BTreeMap, HashSet};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use green_channel::protocol::{
    CONSENT_TYP, DOSSIER_TYP, INTAKE_RECEIPT_TYP, KeyPurpose, KeySet, PublicKey,
    REPORT_RECEIPT_TYP, RequestParts, SigningKey, TOKEN_BYTES_MAX, TrustedCallers, VerifiedCaller,
    verify_request,
};
use green_channel::time::Timestamp;
use serde_json::{Map, Value, json};

const CENTER: &str = "https://12315.example";
const OTHER: &str = "https://other.example";
const MALL: &str = "https://mall.example";
const URL: &str = "https://mall.example/green-channel/v1/complaints?a=1&b=2";
const BODY: &[u8] = "{\"facts\":\"缺斤少两\"}".as_bytes();

const CENTER_SEED: u8 = 1;
const OTHER_SEED: u8 = 2;
const RECEIPT_SEED: u8 = 3;
const CONSENT_SEED: u8 = 4;
const ENDED_SEED: u8 = 5;
const STRANGER_SEED: u8 = 6;

/// A forged `Authorization` value and the code it must be refused with.
struct Forgery {
    name: String,
    authorization: String,
    code: &'static str,
}

fn forged(name: impl Into<String>, token: impl AsRef<str>, code: &'static str) -> Forgery {
    Forgery { name: name.into(), authorization: format!("Bearer {}", token.as_ref()), code }
}

fn now() -> Timestamp {
    "2026-11-24T10:00:00+08:00".parse().expect("an instant")
}

fn seconds() -> i64 {
    now().as_seconds()
}

fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

fn key_of(seed: u8, purpose: KeyPurpose) -> SigningKey {
    SigningKey::from_seed([seed; 32], purpose)
}

fn kid_of(seed: u8) -> String {
    key_of(seed, KeyPurpose::Request).kid().to_owned()
}

fn ed(seed: u8) -> impl Fn(&[u8]) -> Vec<u8> {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a seed");
    move |message| pair.sign(message).as_ref().to_vec()
}

fn hs256(secret: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    move |message| hmac::sign(&key, message).as_ref().to_vec()
}

fn compact(header: &[u8], payload: &[u8], sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", b64(header), b64(payload));
    let signature = sign(signed.as_bytes());
    format!("{signed}.{}", b64(&signature))
}

fn header() -> Value {
    json!({"typ": "gc+jwt", "alg": "EdDSA", "kid": kid_of(CENTER_SEED)})
}

fn claims() -> Value {
    json!({
        "iss": CENTER,
        "aud": MALL,
        "iat": seconds(),
        "exp": seconds() + 120,
        "jti": "0190f3c2-77aa-7000-8000-000000000001",
        "htm": "POST",
        "htu": URL,
        "bsh": b64(&sha256(BODY)),
    })
}

fn with(mut object: Value, member: &str, value: Value) -> Value {
    object[member] = value;
    object
}

fn without(object: &Value, member: &str) -> Value {
    let members = object.as_object().expect("an object").iter();
    let kept = members.filter(|(name, _)| name.as_str() != member);
    Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
}

fn text(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// A token of the center's Ed25519 key with this header and these claims.
fn token(header: &Value, claims: &Value) -> String {
    compact(&text(header), &text(claims), ed(CENTER_SEED))
}

fn good() -> String {
    token(&header(), &claims())
}

fn parts_of(token: &str) -> [String; 3] {
    let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts.try_into().expect("three parts")
}

struct World {
    es256: EcdsaKeyPair,
    es256_kid: String,
    callers: TrustedCallers,
}

impl World {
    fn new() -> Self {
        let es256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let point: &[u8] = es256.public_key().as_ref();
        let es256_public = PublicKey::from_jwk(&json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "gc_purpose": "request",
            "x": b64(&point[1..33]), "y": b64(&point[33..]),
        }));
        let es256_public = es256_public.expect("a public key");
        let es256_kid = es256_public.kid().to_owned();
        let mut center = KeySet::new();
        let ended = key_of(ENDED_SEED, KeyPurpose::Request).public().with_not_after(now());
        for key in [
            key_of(CENTER_SEED, KeyPurpose::Request).public(),
            key_of(RECEIPT_SEED, KeyPurpose::Receipt).public(),
            key_of(CONSENT_SEED, KeyPurpose::Consent).public(),
            ended,
            es256_public,
        ] {
            assert!(center.insert(key));
        }
        let mut other = KeySet::new();
        assert!(other.insert(key_of(OTHER_SEED, KeyPurpose::Request).public()));
        let callers = TrustedCallers::new([(CENTER.to_owned(), center), (OTHER.to_owned(), other)]);
        Self { es256, es256_kid, callers }
    }

    fn verdict(&self, authorization: Option<&str>) -> Result<VerifiedCaller, &'static str> {
        let parts = RequestParts { method: "POST", url: URL, body: BODY };
        verify_request(authorization, &parts, MALL, &self.callers, now())
            .map_err(|error| error.code())
    }

    fn bearer(&self, token: &str) -> Result<VerifiedCaller, &'static str> {
        self.verdict(Some(&format!("Bearer {token}")))
    }

    fn es256(&self) -> impl Fn(&[u8]) -> Vec<u8> {
        move |message| {
            let signature = self.es256.sign(&SystemRandom::new(), message).expect("signs");
            signature.as_ref().to_vec()
        }
    }

    fn es256_header(&self) -> Value {
        json!({"typ": "gc+jwt", "alg": "ES256", "kid": self.es256_kid})
    }
}

fn algorithms(world: &World) -> Vec<Forgery> {
    let mut forgeries = Vec::new();
    let code = "token_alg_mismatch";
    for alg in ["none", "None", "nOnE", "NONE", ""] {
        let header = text(&with(header(), "alg", json!(alg)));
        let unsigned = compact(&header, &text(&claims()), |_| Vec::new());
        forgeries.push(forged(format!("alg {alg:?} unsigned"), unsigned, code));
        let signed = compact(&header, &text(&claims()), ed(CENTER_SEED));
        forgeries.push(forged(format!("alg {alg:?} signed"), signed, code));
    }
    for alg in ["HS256", "HS512", "RS256", "PS256", "ES256", "ES384", "Ed25519", "eddsa", "EdDSA "]
    {
        let renamed = token(&with(header(), "alg", json!(alg)), &claims());
        forgeries.push(forged(format!("alg {alg:?} over an Ed25519 signature"), renamed, code));
    }
    let public = key_of(CENTER_SEED, KeyPurpose::Request).public();
    let jwk = public.to_jwk();
    let x = jwk["x"].as_str().expect("x").to_owned();
    let secrets = [
        ("raw public key", public.ed25519().expect("Ed25519").to_vec()),
        ("x of the jwk", x.into_bytes()),
        ("the whole jwk", jwk.to_string().into_bytes()),
        ("the kid", kid_of(CENTER_SEED).into_bytes()),
        ("nothing", Vec::new()),
    ];
    for (name, secret) in secrets {
        let header = text(&with(header(), "alg", json!("HS256")));
        let confused = compact(&header, &text(&claims()), hs256(&secret));
        forgeries.push(forged(format!("HS256 with {name} as secret"), confused, code));
    }
    let es_as_ed = with(world.es256_header(), "alg", json!("EdDSA"));
    let crossed = compact(&text(&es_as_ed), &text(&claims()), ed(CENTER_SEED));
    forgeries.push(forged("EdDSA under the kid of a P-256 key", crossed, code));
    let ed_as_es = with(header(), "alg", json!("ES256"));
    let crossed = compact(&text(&ed_as_es), &text(&claims()), world.es256());
    forgeries.push(forged("ES256 under the kid of an Ed25519 key", crossed, code));
    forgeries
}

fn kids() -> Vec<Forgery> {
    let mut forgeries = Vec::new();
    let huge = "A".repeat(10 * 1024);
    let padded = format!("{} ", kid_of(CENTER_SEED));
    let stranger = kid_of(STRANGER_SEED);
    let strange = [
        "../../dev/null",
        "' OR 1=1 --",
        "https://evil.example/jwks.json",
        "file:///etc/passwd",
        "*",
        "",
        "\u{0}",
        &huge,
        &padded,
        &stranger,
    ];
    for kid in strange {
        let header = text(&with(header(), "kid", json!(kid)));
        for seed in [CENTER_SEED, STRANGER_SEED] {
            let name = format!("kid {kid:.24} signed by {seed}");
            let unknown = compact(&header, &text(&claims()), ed(seed));
            forgeries.push(forged(name, unknown, "token_key_unknown"));
        }
    }
    let named = [
        ("a receipt key", RECEIPT_SEED),
        ("a consent key", CONSENT_SEED),
        ("an ended key", ENDED_SEED),
    ];
    for (name, seed) in named {
        let header = text(&with(header(), "kid", json!(kid_of(seed))));
        let misused = compact(&header, &text(&claims()), ed(seed));
        forgeries.push(forged(name, misused, "token_key_unknown"));
    }
    forgeries
}

fn headers() -> Vec<Forgery> {
    let code = "token_header_refused";
    let mut forgeries = Vec::new();
    let stranger = key_of(STRANGER_SEED, KeyPurpose::Request).public();
    let extras = [
        ("jwk", stranger.to_jwk()),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AAAA")),
        ("x5t#S256", json!("AAAA")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
        ("enc", json!("A256GCM")),
        ("epk", stranger.to_jwk()),
        ("ALG", json!("none")),
        ("nonce", json!(null)),
    ];
    for (member, value) in extras {
        let name = format!("header member {member}: {value}");
        forgeries.push(forged(name, token(&with(header(), member, value), &claims()), code));
    }
    for member in ["typ", "alg", "kid"] {
        let absent = token(&without(&header(), member), &claims());
        forgeries.push(forged(format!("header without {member}"), absent, code));
        for value in [json!(null), json!(1), json!(["EdDSA"]), json!({})] {
            let name = format!("header {member}: {value}");
            forgeries.push(forged(name, token(&with(header(), member, value), &claims()), code));
        }
    }
    let kid = kid_of(CENTER_SEED);
    let raw = [
        ("alg twice", format!(r#"{{"typ":"gc+jwt","alg":"none","alg":"EdDSA","kid":"{kid}"}}"#)),
        ("kid twice", format!(r#"{{"typ":"gc+jwt","alg":"EdDSA","kid":"x","\u006bid":"{kid}"}}"#)),
        ("an array", format!(r#"["gc+jwt","EdDSA","{kid}"]"#)),
        ("a mark before it", format!("\u{feff}{}", header())),
        ("text after it", format!("{}{{}}", header())),
        ("cut off", header().to_string().replace('}', "")),
        ("a string", "\"gc+jwt\"".to_owned()),
        ("nothing", String::new()),
    ];
    for (name, header) in raw {
        let odd = compact(header.as_bytes(), &text(&claims()), ed(CENTER_SEED));
        forgeries.push(forged(format!("header: {name}"), odd, code));
    }
    let invalid = compact(b"{\"typ\":\"\xff\"}", &text(&claims()), ed(CENTER_SEED));
    forgeries.push(forged("header that is not UTF-8", invalid, code));
    forgeries
}

fn types() -> Vec<Forgery> {
    let typs = [
        CONSENT_TYP,
        INTAKE_RECEIPT_TYP,
        REPORT_RECEIPT_TYP,
        DOSSIER_TYP,
        "JWT",
        "jwt",
        "at+jwt",
        "GC+JWT",
        "gc+jwt ",
        "application/gc+jwt",
        "",
    ];
    let mut forgeries = Vec::new();
    for typ in typs {
        let renamed = token(&with(header(), "typ", json!(typ)), &claims());
        forgeries.push(forged(format!("typ {typ:?}"), renamed, "token_type_wrong"));
    }
    for (typ, seed) in [(CONSENT_TYP, CONSENT_SEED), (REPORT_RECEIPT_TYP, RECEIPT_SEED)] {
        let header = json!({"typ": typ, "alg": "EdDSA", "kid": kid_of(seed)});
        let real = compact(&text(&header), &text(&claims()), ed(seed));
        forgeries.push(forged(format!("a real {typ}"), real, "token_type_wrong"));
    }
    forgeries
}

fn shapes() -> Vec<Forgery> {
    let code = "token_malformed";
    let good = good();
    let [header, payload, signature] = parts_of(&good);
    let general = json!({"payload": payload, "signatures": [
        {"protected": header, "signature": signature},
        {"protected": header, "signature": signature},
    ]});
    let flat = json!({"payload": payload, "protected": header, "signature": signature});
    let padded = |part: &str| URL_SAFE.encode(URL_SAFE_NO_PAD.decode(part).expect("base64url"));
    // The last of 86 characters holds two bits; the other four must be zero.
    let stray = format!("{}{}", &good[..good.len() - 1], next_character(&good));
    let standard = STANDARD.encode([0xfb; 64]);
    let unpadded = standard.trim_end_matches('=');
    let shapes = [
        ("a JWE", format!("{header}.{payload}.{payload}.{payload}.{signature}")),
        ("four parts", format!("{good}.{signature}")),
        ("two parts", format!("{header}.{payload}")),
        ("one part", header.clone()),
        ("a dot before", format!(".{good}")),
        ("a dot after", format!("{good}.")),
        ("two signatures in JSON", general.to_string()),
        ("flattened JSON", flat.to_string()),
        ("padding on the signature", format!("{header}.{payload}.{signature}==")),
        ("one padding character", format!("{good}=")),
        ("a padded header", format!("{}=.{payload}.{signature}", header)),
        ("a padded payload", format!("{header}.{}=.{signature}", payload)),
        ("everything padded", [&header, &payload, &signature].map(|p| padded(p)).join(".")),
        ("stray bits in the signature", stray),
        ("the standard alphabet", format!("{header}.{payload}.{unpadded}")),
        ("a space before", format!(" {good}")),
        ("a space after", format!("{good} ")),
        ("a line break after", format!("{good}\n")),
        ("a line break inside", good.replacen('.', ".\r\n", 1)),
        ("a tab inside", good.replacen('.', "\t.", 1)),
        ("a zero byte", format!("{good}\0")),
        ("percent encoding", good.replace('.', "%2e")),
        ("two tokens", format!("{good}, {good}")),
        ("the scheme twice", format!("Bearer {good}")),
        ("quotes", format!("\"{good}\"")),
        ("a fullwidth dot", good.replacen('.', "．", 1)),
        ("text", "let me in".to_owned()),
        ("too long", format!("{header}.{}.{signature}", "A".repeat(TOKEN_BYTES_MAX))),
    ];
    shapes.map(|(name, token)| forged(name, token, code)).into()
}

/// The last character of a token, with one stray bit set.
fn next_character(token: &str) -> char {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = token.chars().last().expect("a character");
    let at = ALPHABET.find(last).expect("base64url");
    ALPHABET.chars().nth(at + 1).expect("its low bits are zero")
}

fn signatures(world: &World) -> Vec<Forgery> {
    let code = "token_signature_invalid";
    let [header, payload, signature] = parts_of(&good());
    let real = URL_SAFE_NO_PAD.decode(&signature).expect("base64url");
    let replaced = |bytes: &[u8]| format!("{header}.{payload}.{}", b64(bytes));
    let mut flipped = real.clone();
    flipped[10] ^= 1;
    let richer = with(claims(), "iss", json!(OTHER));
    let es = compact(&text(&world.es256_header()), &text(&claims()), world.es256());
    let [es_header, es_payload, es_signature] = parts_of(&es);
    let es_real = URL_SAFE_NO_PAD.decode(&es_signature).expect("base64url");
    let es_replaced = |bytes: &[u8]| format!("{es_header}.{es_payload}.{}", b64(bytes));
    let by_stranger = compact(&text(&self::header()), &text(&claims()), ed(STRANGER_SEED));
    let by_other = compact(&text(&self::header()), &text(&claims()), ed(OTHER_SEED));
    let cases = [
        ("no signature", replaced(&[])),
        ("zeros", replaced(&[0; 64])),
        ("ones", replaced(&[0xff; 64])),
        ("one byte short", replaced(&real[..63])),
        ("one byte long", replaced(&[real.as_slice(), &[0]].concat())),
        ("twice", replaced(&[real.as_slice(), &real].concat())),
        ("one bit flipped", replaced(&flipped)),
        ("S plus the group order", replaced(&plus_group_order(&real))),
        ("R without S", replaced(&[&real[..32], &[0; 32]].concat())),
        ("of another payload", format!("{header}.{}.{signature}", b64(&text(&richer)))),
        ("of a stranger under our kid", by_stranger),
        ("of another issuer under this kid", by_other),
        ("HMAC under EdDSA", compact(&text(&self::header()), &text(&claims()), hs256(b"k"))),
        ("ES256: none", es_replaced(&[])),
        ("ES256: zeros", es_replaced(&[0; 64])),
        ("ES256: DER", es_replaced(&der_of(&es_real))),
        ("ES256: r without s", es_replaced(&[&es_real[..32], &[0; 32]].concat())),
        ("ES256: s without r", es_replaced(&[&[0; 32][..], &es_real[32..]].concat())),
        ("ES256: swapped", es_replaced(&[&es_real[32..], &es_real[..32]].concat())),
        ("ES256: the other key's", es_replaced(&real)),
    ];
    cases.map(|(name, token)| forged(format!("signature {name}"), token, code)).into()
}

/// The same point with a second, non-canonical scalar: lax verifiers accept both.
fn plus_group_order(signature: &[u8]) -> Vec<u8> {
    let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let order = hex::decode(order).expect("hex");
    let mut sum = signature.to_vec();
    let mut carry = 0;
    for (digit, add) in sum[32..].iter_mut().zip(order) {
        let total = u16::from(*digit) + u16::from(add) + carry;
        *digit = u8::try_from(total & 0xff).expect("a byte");
        carry = total >> 8;
    }
    sum
}

fn der_of(fixed: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let mut content: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
        if content.first().is_some_and(|byte| *byte > 0x7f) {
            content.insert(0, 0);
        }
        [vec![2, u8::try_from(content.len()).expect("short")], content].concat()
    };
    let content = [integer(&fixed[..32]), integer(&fixed[32..])].concat();
    [vec![0x30, u8::try_from(content.len()).expect("short")], content].concat()
}

fn shapes_of_claims() -> Vec<Forgery> {
    let code = "token_claims_invalid";
    let mut forgeries = Vec::new();
    for member in ["iss", "aud", "iat", "exp", "jti", "htm", "htu", "bsh"] {
        let absent = token(&header(), &without(&claims(), member));
        forgeries.push(forged(format!("claims without {member}"), absent, code));
        let right = claims()[member].clone();
        let mut wrong = vec![json!(null), json!(true), json!([right]), json!({"v": right})];
        match right.as_i64() {
            Some(number) => {
                wrong.push(json!(number.to_string()));
                wrong.push(Value::Number(
                    serde_json::Number::from_f64(1_795_485_600.5).expect("finite"),
                ));
                wrong.push(json!(u64::MAX));
                wrong.push(json!("2026-11-24T10:00:00+08:00"));
            }
            None => wrong.push(json!(7)),
        }
        for value in wrong {
            let name = format!("claim {member}: {value}");
            forgeries.push(forged(name, token(&header(), &with(claims(), member, value)), code));
        }
    }
    let lists = [json!([MALL, OTHER]), json!([OTHER, MALL]), json!([])];
    for value in lists {
        let name = format!("claim aud: {value}");
        forgeries.push(forged(name, token(&header(), &with(claims(), "aud", value)), code));
    }
    let whole = claims().to_string();
    let body = whole.trim_start_matches('{');
    let raw = [
        ("iss twice", format!(r#"{{"iss":"{OTHER}",{body}"#)),
        ("htu twice", format!(r#"{{"htu":"{MALL}/admin",{body}"#)),
        ("exp twice, once escaped", format!(r#"{{"\u0065xp":9999999999,{body}"#)),
        ("a duplicate inside", format!(r#"{{"x":{{"a":1,"a":2}},{body}"#)),
        ("too deep", format!(r#"{{"x":{}{},{body}"#, "[".repeat(40), "]".repeat(40))),
        ("a mark before them", format!("\u{feff}{whole}")),
        ("text after them", format!("{whole}{whole}")),
        ("an array", format!("[{whole}]")),
        ("a number beyond all", whole.replacen(&(seconds() + 120).to_string(), "1e999999", 1)),
        ("not a number", whole.replacen(&(seconds() + 120).to_string(), "NaN", 1)),
        ("nothing", String::new()),
        ("null", "null".to_owned()),
    ];
    for (name, payload) in raw {
        let odd = compact(&text(&header()), payload.as_bytes(), ed(CENTER_SEED));
        forgeries.push(forged(format!("claims: {name}"), odd, code));
    }
    let nested = compact(&text(&header()), good().as_bytes(), ed(CENTER_SEED));
    forgeries.push(forged("a token inside a token", nested, code));
    forgeries
}

fn times() -> Vec<Forgery> {
    let now = seconds();
    let cases = [
        (now, now, "token_claims_invalid"),
        (now, now - 1, "token_claims_invalid"),
        (now, i64::MAX, "token_claims_invalid"),
        (now, i64::MIN, "token_claims_invalid"),
        (now, now + 301, "token_lifetime_too_long"),
        (now - 600, now + 60, "token_lifetime_too_long"),
        (i64::MIN, now + 60, "token_lifetime_too_long"),
        (0, now + 60, "token_lifetime_too_long"),
        (now + 61, now + 120, "token_not_yet_valid"),
        (now + 3600, now + 3700, "token_not_yet_valid"),
        (now - 180, now - 60, "token_expired"),
        (now - 360, now - 61, "token_expired"),
        (now - 90_000, now - 89_900, "token_expired"),
        (0, 100, "token_expired"),
        (now * 1000, now * 1000 + 100, "token_claims_invalid"),
    ];
    let mut forgeries = Vec::new();
    for (iat, exp, code) in cases {
        let claims = with(with(claims(), "iat", json!(iat)), "exp", json!(exp));
        let name = format!("iat {:+} exp {:+}", iat.saturating_sub(now), exp.saturating_sub(now));
        forgeries.push(forged(name, token(&header(), &claims), code));
    }
    let nbf = with(claims(), "nbf", json!(now + 61));
    forgeries.push(forged("nbf +61", token(&header(), &nbf), "token_not_yet_valid"));
    let nbf = with(claims(), "nbf", json!("now"));
    forgeries.push(forged("nbf as text", token(&header(), &nbf), "token_claims_invalid"));
    forgeries
}

fn bindings() -> Vec<Forgery> {
    let digest = sha256(BODY);
    let cases = [
        ("iss", OTHER.to_owned(), "token_issuer_wrong"),
        ("iss", format!("{CENTER}/"), "token_issuer_wrong"),
        ("iss", CENTER.to_uppercase(), "token_issuer_wrong"),
        ("iss", String::new(), "token_issuer_wrong"),
        ("aud", OTHER.to_owned(), "token_audience_wrong"),
        ("aud", CENTER.to_owned(), "token_audience_wrong"),
        ("aud", format!("{MALL}/"), "token_audience_wrong"),
        ("aud", "http://mall.example".to_owned(), "token_audience_wrong"),
        ("aud", format!("{MALL},{OTHER}"), "token_audience_wrong"),
        ("aud", String::new(), "token_audience_wrong"),
        ("jti", String::new(), "token_jti_invalid"),
        ("jti", "1234567".to_owned(), "token_jti_invalid"),
        ("jti", "a".repeat(129), "token_jti_invalid"),
        ("jti", "12345678 ".to_owned(), "token_jti_invalid"),
        ("jti", "12345678\0".to_owned(), "token_jti_invalid"),
        ("jti", "一二三四五六七八".to_owned(), "token_jti_invalid"),
        ("htm", "GET".to_owned(), "token_method_mismatch"),
        ("htm", "post".to_owned(), "token_method_mismatch"),
        ("htm", "POST ".to_owned(), "token_method_mismatch"),
        ("htu", URL.replace("a=1&b=2", "b=2&a=1"), "token_url_mismatch"),
        ("htu", URL.replace("?a=1&b=2", ""), "token_url_mismatch"),
        ("htu", URL.replace("a=1", "a=2"), "token_url_mismatch"),
        ("htu", URL.replace("https", "http"), "token_url_mismatch"),
        ("htu", URL.replace("mall.example", "mall.example:443"), "token_url_mismatch"),
        ("htu", URL.replace("mall.example", "MALL.example"), "token_url_mismatch"),
        ("htu", URL.replace("complaints", "complaints/"), "token_url_mismatch"),
        ("htu", URL.replace("complaints", "%63omplaints"), "token_url_mismatch"),
        ("htu", format!("{URL}#x"), "token_url_mismatch"),
        ("htu", "/green-channel/v1/complaints?a=1&b=2".to_owned(), "token_url_mismatch"),
        ("bsh", b64(&sha256(b"")), "token_body_mismatch"),
        ("bsh", b64(&sha256(b"{}")), "token_body_mismatch"),
        ("bsh", String::new(), "token_body_mismatch"),
        ("bsh", hex::encode(&digest), "token_body_mismatch"),
        ("bsh", URL_SAFE.encode(&digest), "token_body_mismatch"),
        ("bsh", STANDARD.encode(&digest), "token_body_mismatch"),
        ("bsh", b64(&digest[..31]), "token_body_mismatch"),
    ];
    let mut forgeries = Vec::new();
    for (member, value, code) in cases {
        let claims = with(claims(), member, json!(value));
        let name = format!("claim {member} {value:?}");
        forgeries.push(forged(name, token(&header(), &claims), code));
    }
    let others = with(header(), "kid", json!(kid_of(OTHER_SEED)));
    let spoken = compact(&text(&others), &text(&claims()), ed(OTHER_SEED));
    forgeries.push(forged("another issuer's key under our name", spoken, "token_issuer_wrong"));
    forgeries
}

fn all(world: &World) -> Vec<Forgery> {
    [
        algorithms(world),
        kids(),
        headers(),
        types(),
        shapes(),
        signatures(world),
        shapes_of_claims(),
        times(),
        bindings(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn every_forged_token_is_refused_with_its_own_code() {
    let world = World::new();
    let forgeries = all(&world);
    let mut seen = HashSet::new();
    let mut by_code: BTreeMap<&str, usize> = BTreeMap::new();
    for forgery in &forgeries {
        assert!(seen.insert(forgery.authorization.clone()), "{} is there twice", forgery.name);
        *by_code.entry(forgery.code).or_default() += 1;
        let verdict = world.verdict(Some(&forgery.authorization)).map(|caller| caller.issuer);
        assert_eq!(verdict, Err(forgery.code), "{}", forgery.name);
    }
    assert!(forgeries.len() >= 60, "only {} forgeries", forgeries.len());
    // Every refusal that a token can meet was met, except the missing one (see below).
    assert_eq!(by_code.len(), 16, "{by_code:?}");
}

#[test]
fn one_good_token_of_each_algorithm_is_accepted() {
    let world = World::new();
    let caller = world.bearer(&good()).expect("a good EdDSA token");
    assert_eq!((caller.issuer.as_str(), caller.kid), (CENTER, kid_of(CENTER_SEED)));
    let es256 = compact(&text(&world.es256_header()), &text(&claims()), world.es256());
    let caller = world.bearer(&es256).expect("a good ES256 token");
    assert_eq!((caller.issuer.as_str(), &caller.kid), (CENTER, &world.es256_kid));
    assert_eq!(caller.replay_until, now().plus_millis(180_000));
    // Members in another order and claims of later versions change nothing.
    let kid = kid_of(CENTER_SEED);
    let header = format!("{{ \"kid\": \"{kid}\",\n\"alg\": \"EdDSA\", \"typ\": \"gc+jwt\" }}");
    let claims = with(claims(), "later", json!({"member": [1]}));
    let reordered = compact(header.as_bytes(), &text(&claims), ed(CENTER_SEED));
    assert!(world.bearer(&reordered).is_ok());
}

#[test]
fn the_boundaries_of_time_are_where_they_are_said_to_be() {
    let world = World::new();
    let now = seconds();
    let accepted = |iat: i64, exp: i64| {
        let claims = with(with(claims(), "iat", json!(iat)), "exp", json!(exp));
        world.bearer(&token(&header(), &claims)).map(|caller| caller.issuer)
    };
    for (iat, exp) in [
        (now, now + 1),
        (now, now + 300),
        (now + 60, now + 360),
        (now - 300, now),
        (now - 359, now - 59),
    ] {
        assert_eq!(accepted(iat, exp), Ok(CENTER.to_owned()), "{} {}", iat - now, exp - now);
    }
    assert_eq!(accepted(now + 61, now + 300), Err("token_not_yet_valid"));
    assert_eq!(accepted(now - 360, now - 60), Err("token_expired"));
    assert_eq!(accepted(now, now + 301), Err("token_lifetime_too_long"));
}

#[test]
fn without_a_bearer_token_it_is_missing() {
    let world = World::new();
    let good = good();
    let values = [
        None,
        Some(String::new()),
        Some(good.clone()),
        Some("Bearer".to_owned()),
        Some("Bearer ".to_owned()),
        Some(format!("Basic {good}")),
        Some(format!("DPoP {good}")),
        Some(format!("Bearer\t{good}")),
        Some(format!(" Bearer {good}")),
        Some(format!("Ｂearer {good}")),
    ];
    for value in values {
        let verdict = world.verdict(value.as_deref()).map(|caller| caller.issuer);
        assert_eq!(verdict, Err("token_missing"), "{value:?}");
    }
    assert!(world.verdict(Some(&format!("bearer {good}"))).is_ok());
}

#[test]
fn of_many_faults_the_first_in_order_is_told() {
    let world = World::new();
    let mut header = header();
    let mut claims = claims();
    let mut seed = CENTER_SEED;
    // Each step adds an earlier fault to all the later ones.
    let mut told = Vec::new();
    let mut tell = |header: &Value, claims: &Value, seed: u8, tail: &str| {
        let token = compact(&text(header), &text(claims), ed(seed)) + tail;
        told.push(world.bearer(&token).map(|caller| caller.issuer).expect_err("refused"));
    };
    for (member, value) in [
        ("bsh", json!("")),
        ("htu", json!("")),
        ("htm", json!("")),
        ("jti", json!("")),
        ("exp", json!(seconds() - 100)),
        ("iat", json!(seconds() - 200)),
        ("aud", json!("")),
        ("iss", json!("")),
        ("jti", json!(null)),
    ] {
        claims = with(claims, member, value);
        if member != "exp" {
            tell(&header, &claims, seed, "");
        }
    }
    seed += 1;
    tell(&header, &claims, seed, "");
    header = with(header, "alg", json!("none"));
    tell(&header, &claims, seed, "");
    header = with(header, "kid", json!("x"));
    tell(&header, &claims, seed, "");
    header = with(header, "typ", json!("x"));
    tell(&header, &claims, seed, "");
    header = with(header, "crit", json!([]));
    tell(&header, &claims, seed, "");
    tell(&header, &claims, seed, "=");
    let order = [
        "token_body_mismatch",
        "token_url_mismatch",
        "token_method_mismatch",
        "token_jti_invalid",
        "token_expired",
        "token_audience_wrong",
        "token_issuer_wrong",
        "token_claims_invalid",
        "token_signature_invalid",
        "token_alg_mismatch",
        "token_key_unknown",
        "token_type_wrong",
        "token_header_refused",
        "token_malformed",
    ];
    assert_eq!(told, order);
}
