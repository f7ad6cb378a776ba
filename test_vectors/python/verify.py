#!/usr/bin/env python3
"""Verifies Tollgate receipts, version 1, with nothing but Python's standard library (3.11 or later).

    verify.py chain FILE [--key JWK] ...   verify a file of receipts ("-": standard input); see --help
    verify.py proof FILE [--key JWK] ...   verify the proof of one receipt
    verify.py vectors [FOLDER]             run every published vector
    verify.py sign --seed HEX              sign the body on standard input, and print the receipt
    verify.py wycheproof FILE              run Project Wycheproof's Ed25519 vectors
    verify.py rfc8785 FOLDER               run RFC 8785's test data

It implements docs/reference/receipt-format.md and shares no code with Tollgate, so that each checks the other.
It is a reference, not a fast verifier: Ed25519 is written out from RFC 8032, and not in constant time, so do not
sign with keys that matter.

Exit codes: 0 good, 1 broken (or a vector failed), 2 usage or I/O.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# ---------------------------------------------------------------------------------------------------------------
# JSON (RFC 8259), read strictly


class NotJson(ValueError):
    """Bytes that are no JSON text in UTF-8."""


class Refused(ValueError):
    """A value that canonical JSON cannot write, or that receipts may not hold; `reason` is a word of the vectors."""

    def __init__(self, reason: str, message: str = ""):
        super().__init__(message or reason)
        self.reason = reason


MAX_SAFE = 2**53 - 1

# Python's own reader takes NaN, and exhausts the stack on deep nesting; hence tokens and an explicit stack.
TOKEN = re.compile(
    r"[ \t\n\r]*(?:"
    r"(?P<mark>[{}\[\]:,])"
    r'|(?P<string>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<word>true|false|null)"
    r"|(?P<end>\Z))"
)
WORDS = {"true": True, "false": False, "null": None}


def decode_utf8(data: bytes) -> str:
    """Strictly: no byte order mark, no overlong forms, no surrogates."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson(f"not UTF-8: {error.reason} at byte {error.start}") from None


def read_json(text: str) -> object:
    """Reads a JSON text. Numbers that a double holds as integers within 2^53 - 1 become int, all others float.

    Of two members with the same key the last one stays: whoever compares the text with the canonical form of what
    was read notices that.
    """
    position = 0
    stack: list[tuple[object, str | None]] = []  # containers around the one at hand, with the key it stands under

    def fail() -> NotJson:
        return NotJson(f"no JSON at character {position}")

    def token() -> re.Match:
        nonlocal position
        match = TOKEN.match(text, position)
        if match is None:
            raise fail()
        position = match.end()
        return match

    container: object = None
    key: str | None = None
    state = "value"  # what may come: value, value-or-close, key, key-or-close, comma, end
    result: object = None

    def put(value: object) -> None:
        nonlocal state, result, key
        if container is None:
            result, state = value, "end"
            return
        if isinstance(container, list):
            container.append(value)
        else:
            container[key] = value
            key = None
        state = "comma"

    while True:
        match = token()
        mark = match["mark"]
        if match["end"] is not None:
            if state == "end":
                return result
            raise fail()
        if state in ("value", "value-or-close"):
            if match["string"] is not None:
                put(json.loads(match["string"]))
            elif match["number"] is not None:
                put(to_number(match["number"]))
            elif match["word"] is not None:
                put(WORDS[match["word"]])
            elif mark in ("[", "{"):
                stack.append((container, key))
                container, key = ([] if mark == "[" else {}), None
                state = "value-or-close" if mark == "[" else "key-or-close"
                continue
            elif mark == "]" and state == "value-or-close":
                closed = container
                container, key = stack.pop()
                put(closed)
            else:
                raise fail()
        elif state in ("key", "key-or-close"):
            if match["string"] is not None:
                key = json.loads(match["string"])
                if token()["mark"] != ":":
                    raise fail()
                state = "value"
            elif mark == "}" and state == "key-or-close":
                closed = container
                container, key = stack.pop()
                put(closed)
            else:
                raise fail()
        elif state == "comma":
            if mark == ",":
                state = "value" if isinstance(container, list) else "key"
            elif mark == ("]" if isinstance(container, list) else "}"):
                closed = container
                container, key = stack.pop()
                put(closed)
            else:
                raise fail()
        else:
            raise fail()


def to_number(text: str) -> int | float:
    """A number as JavaScript has it: a double, here an int where it is a safe integer."""
    value = float(text)
    if value.is_integer() and abs(value) <= MAX_SAFE and not (value == 0 and text.startswith("-")):
        return int(value)
    return value


# ---------------------------------------------------------------------------------------------------------------
# Canonical JSON (RFC 8785), in the profiles "json" and "receipt"

MAX_DEPTH = 128
RECEIPT_KEY = re.compile(r"[a-z_][a-z0-9_]*")
SURROGATE = re.compile("[\ud800-\udfff]")


def canonical(value: object, profile: str = "receipt", depth: int = 0) -> str:
    """Writes a value canonically, or raises Refused."""
    if isinstance(value, str):
        return write_string(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return write_number(value, profile)
    if not isinstance(value, (list, dict)):
        raise Refused("no_json_value", f"{type(value).__name__} is no JSON value")
    if depth >= MAX_DEPTH:
        raise Refused("too_deep", f"nests more than {MAX_DEPTH} deep")
    if isinstance(value, list):
        return "[" + ",".join(canonical(item, profile, depth + 1) for item in value) + "]"
    members = []
    for name in sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass")):
        if profile == "receipt" and (not RECEIPT_KEY.fullmatch(name) or name == "__proto__"):
            raise Refused("bad_key", f"{name!r} is a key that receipts may not have")
        members.append(f"{write_string(name)}:{canonical(value[name], profile, depth + 1)}")
    return "{" + ",".join(members) + "}"


def write_string(text: str) -> str:
    if SURROGATE.search(text):
        raise Refused("lone_surrogate", "holds a lone surrogate")
    # Escapes what RFC 8785, section 3.2.2.2, prescribes, and as it does.
    return json.dumps(text, ensure_ascii=False)


def write_number(value: int | float, profile: str) -> str:
    if profile == "receipt":
        if not isinstance(value, int) or abs(value) > MAX_SAFE:
            raise Refused("bad_number", f"{value} is not an integer within +-(2^53 - 1)")
        return str(value)
    return ecmascript_number(float(value))


def ecmascript_number(value: float) -> str:
    """A double as ECMAScript writes it (RFC 8785, section 3.2.2.3)."""
    if value != value or value in (float("inf"), float("-inf")):
        raise Refused("bad_number", f"{value} is no JSON number")
    if value == 0:
        return "0"
    sign, value = ("-", -value) if value < 0 else ("", value)
    # repr gives the shortest digits that read back as the same double, which are ECMAScript's too.
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    mantissa = digits if count == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{sign}{mantissa}e{'+' if point > 0 else '-'}{abs(point - 1)}"


# ---------------------------------------------------------------------------------------------------------------
# base64url, digests, signing input


def from_base64url(text: str) -> bytes:
    """Strictly: no padding, no other letters, no unused bits that are set."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text) or len(text) % 4 == 1:
        raise ValueError("not base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if to_base64url(data) != text:
        raise ValueError("base64url with unused bits that are set")
    return data


def to_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64(text: str) -> bytes:
    """Strictly, with padding (RFC 4648, section 4)."""
    if not re.fullmatch(r"[A-Za-z0-9+/]*={0,2}", text) or len(text) % 4 != 0:
        raise ValueError("not base64")
    data = base64.b64decode(text)
    if base64.b64encode(data).decode("ascii") != text:
        raise ValueError("base64 with unused bits that are set")
    return data


def digest_of(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()


RECEIPT_TYPE = "application/vnd.tollgate.receipt.v1+json"
ENDORSEMENT_TYPE = "application/vnd.tollgate.endorsement.v1+json"


def signing_input(payload_type: str, payload: str) -> bytes:
    """DSSE's pre-authentication encoding; lengths are in bytes."""
    kind, body = payload_type.encode("utf-8"), payload.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)


# ---------------------------------------------------------------------------------------------------------------
# Ed25519 (RFC 8032, section 5.1), strict

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]  # extended homogeneous coordinates X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z
IDENTITY: Point = (0, 1, 1, 0)


def add(a: Point, b: Point) -> Point:
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    i, j, k, m = f - e, h - g, h + g, f + e
    return (i * j % P, k * m % P, j * k % P, i * m % P)


def double(a: Point) -> Point:
    e = a[0] * a[0] % P
    f = a[1] * a[1] % P
    g = 2 * a[2] * a[2] % P
    h = e + f
    i = h - (a[0] + a[1]) ** 2 % P
    j = e - f
    k = g + j
    return (i * k % P, j * h % P, k * j % P, i * h % P)


def times(scalar: int, point: Point) -> Point:
    result = IDENTITY
    while scalar > 0:
        if scalar & 1:
            result = add(result, point)
        point = double(point)
        scalar >>= 1
    return result


def negated(a: Point) -> Point:
    return (P - a[0], a[1], a[2], P - a[3])


def is_identity(a: Point) -> bool:
    return a[0] % P == 0 and (a[1] - a[2]) % P == 0


def encode_point(a: Point) -> bytes:
    inverse = pow(a[2], -1, P)
    x, y = a[0] * inverse % P, a[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode_point(data: bytes) -> Point | None:
    """None for bytes that are no canonical encoding of a point (RFC 8032, section 5.1.3)."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if len(data) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    if square == 0:
        return None if sign else (0, y, 1, 0)
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * SQRT_M1 % P
    if (x * x - square) % P != 0:
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def has_small_order(a: Point) -> bool:
    return is_identity(double(double(double(a))))


BASE = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
assert BASE is not None
BASE_POWERS: list[Point] = []
for _ in range(256):
    BASE_POWERS.append(BASE if not BASE_POWERS else double(BASE_POWERS[-1]))


def times_base(scalar: int) -> Point:
    result = IDENTITY
    for bit in range(scalar.bit_length()):
        if scalar >> bit & 1:
            result = add(result, BASE_POWERS[bit])
    return result


def sha512_scalar(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


def expand_seed(seed: bytes) -> tuple[int, bytes, bytes]:
    """The secret scalar, the prefix and the public key of a seed (RFC 8032, section 5.1.5)."""
    if len(seed) != 32:
        raise ValueError("a seed is 32 bytes")
    hashed = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(hashed[:32], "little") & (2**254 - 8) | 2**254
    return scalar, hashed[32:], encode_point(times_base(scalar))


def ed25519_sign(seed: bytes, message: bytes) -> bytes:
    scalar, prefix, public_key = expand_seed(seed)
    r = sha512_scalar(prefix, message)
    encoded = encode_point(times_base(r))
    s = (r + sha512_scalar(encoded, public_key, message) * scalar) % L
    return encoded + s.to_bytes(32, "little")


class BadKey(ValueError):
    """No signature should be believed under this key."""


def check_public_key(public_key: bytes) -> None:
    """Refuses what is no canonical encoding, and points of small order: one signature fits many messages there.

    A y that no point has is let through, since no signature fits it.
    """
    if len(public_key) != 32 or int.from_bytes(public_key, "little") & (2**255 - 1) >= P:
        raise BadKey("the key is not 32 bytes with y below the prime")
    # With x = 0 the sign bit must be clear, or it is no encoding; but both forms are of small order.
    point = decode_point(public_key[:31] + bytes([public_key[31] & 0x7F]))
    if point is not None and has_small_order(point):
        raise BadKey("the key is a point of small order")


VERIFIED: dict[tuple[bytes, bytes, bytes], bool] = {}


def ed25519_verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether [S]B - [k]A encodes to R, byte for byte, with S below L and R not of small order."""
    entry = (public_key, signature, message)
    if entry not in VERIFIED:
        VERIFIED[entry] = verify_once(public_key, signature, message)
    return VERIFIED[entry]


def verify_once(public_key: bytes, signature: bytes, message: bytes) -> bool:
    if len(signature) != 64:
        return False
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    a, r_point = decode_point(public_key), decode_point(r)
    if s >= L or a is None or r_point is None or has_small_order(r_point):
        return False
    k = sha512_scalar(r, public_key, message)
    return encode_point(add(times_base(s), times(k, negated(a)))) == r


def thumbprint(jwk: dict) -> str:
    """RFC 7638, with the members of RFC 8037."""
    text = f'{{"crv":"{jwk["crv"]}","kty":"{jwk["kty"]}","x":"{jwk["x"]}"}}'
    return to_base64url(hashlib.sha256(text.encode("utf-8")).digest())


def key_bytes(jwk: dict) -> bytes:
    if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519" or not isinstance(jwk.get("x"), str):
        raise BadKey('a key is a JWK with "kty": "OKP" and "crv": "Ed25519"')
    try:
        data = from_base64url(jwk["x"])
    except ValueError as error:
        raise BadKey(str(error)) from None
    if len(data) != 32:
        raise BadKey(f"a key is 32 bytes, not {len(data)}")
    return data


# ---------------------------------------------------------------------------------------------------------------
# The form of receipts


class Malformed(ValueError):
    """A member is missing, unknown or of the wrong form."""


def is_text(value: object) -> bool:
    return isinstance(value, str)


def is_name(value: object) -> bool:
    """1 to 1,024 characters (code points)."""
    return isinstance(value, str) and 1 <= len(value) <= 1024


def is_count(value: object) -> bool:
    # -0 is read as a float, and is refused with the text that it stands in, which is not canonical.
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0 or is_negative_zero(value)


def is_negative_zero(value: object) -> bool:
    return isinstance(value, float) and value == 0


def is_boolean(value: object) -> bool:
    return isinstance(value, bool)


def matches(pattern: str):
    form = re.compile(pattern)
    return lambda value: isinstance(value, str) and form.fullmatch(value) is not None


is_code = matches(r"[a-z][a-z0-9_]*")
is_digest = matches(r"sha256:[0-9a-f]{64}")
is_id = matches(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
is_thumbprint = matches(r"[A-Za-z0-9_-]{43}")
is_signature = matches(r"[A-Za-z0-9_-]{86}")
is_decimal = matches(r"0|[1-9][0-9]*")
is_unit = matches(r"[a-z][a-z0-9_]{0,63}")
has_time_form = matches(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


def is_amount(value: object) -> bool:
    return is_decimal(value) and len(value) <= 19 and int(value) <= 2**63 - 1


def is_signed_amount(value: object) -> bool:
    """An amount, or one of 1 to 2^63 with a minus sign before it."""
    if not isinstance(value, str) or not value.startswith("-"):
        return is_amount(value)
    size = value[1:]
    return is_decimal(size) and len(size) <= 19 and 1 <= int(size) <= 2**63


def is_time(value: object) -> bool:
    if not has_time_form(value):
        return False
    year, month, day = int(value[0:4]), int(value[5:7]), int(value[8:10])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    hour, minute, second = int(value[11:13]), int(value[14:16]), int(value[17:19])
    return 1 <= month <= 12 and 1 <= day <= days[month - 1] and hour < 24 and minute < 60 and second < 60


def one_of(*choices: object):
    return lambda value: any(type(value) is type(choice) and value == choice for choice in choices)


def nullable(form):
    return lambda value: value is None or form(value)


def list_of(form):
    return lambda value: isinstance(value, list) and all(form(item) for item in value)


def map_of(key_form, form):
    # __proto__ is passed over here and refused with the text, as a key that receipts may not have.
    return lambda value: isinstance(value, dict) and all(
        name == "__proto__" or (key_form(name) and form(item)) for name, item in value.items()
    )


def members(**forms):
    """An object with exactly these members; a name that ends in `_` may be absent."""
    required = {name: form for name, form in forms.items() if not name.endswith("_")}
    optional = {name[:-1]: form for name, form in forms.items() if name.endswith("_")}
    known = required | optional

    def check(value: object) -> bool:
        return (
            isinstance(value, dict)
            and all(name in value for name in required)
            and all(name in known and known[name](item) for name, item in value.items())
        )

    return check


HEADER = dict(v=one_of(1), id=is_id, chain=is_name, seq=is_count, prev=nullable(is_digest), time=is_time)
CAPABILITIES = ("read_only", "data_write", "payment_initiate", "payment_execute")
KINDS = ("llm", "tool", "embedding", "image", "speech", "transcription", "rerank", "video", "other")
is_jwk = members(kty=one_of("OKP"), crv=one_of("Ed25519"), x=is_thumbprint)
is_claim = members(budget=is_name, partition=is_text, window=is_name, unit=is_unit, amount=is_amount)
is_exceeded = members(
    budget=is_name, partition=is_text, window=is_name, unit=is_unit,
    amount=is_amount, limit=is_amount, spent=is_amount, held=is_amount,
)
is_subject = members(
    tenant_=is_name, user_=is_name, agent_=is_name, role_=is_name, session_=is_name, capability_=one_of(*CAPABILITIES)
)
is_action = members(
    digest=is_digest, kind=one_of(*KINDS), name=is_text, provider_=is_text, subject=is_subject, run=is_name,
    root_=is_name, step_=is_count, attempt_=is_count, params_=is_text,
)
is_tiered_rate = members(base=is_decimal, tiers=list_of(members(start=is_count, rate=is_decimal)))
is_price = members(
    catalog=is_digest,
    model=is_text,
    rates=map_of(is_code, lambda value: is_decimal(value) or is_tiered_rate(value)),
)
is_verdict = members(
    outcome=one_of("allow", "degrade", "skip", "require_approval", "deny"), terminal=is_boolean,
    mode=one_of("enforce", "shadow"), code=is_code, reason=is_text, rules=list_of(is_text),
    evaluators=list_of(is_text), policy=nullable(is_digest), failure_=is_text,
)
is_endorsement = members(
    kid=is_thumbprint, jwk=is_jwk, notbefore=is_time, notafter=is_time, chain_=is_name, sig=is_signature
)
is_settlement = members(
    **HEADER, type=is_text, decision=is_name, reservation=nullable(is_name),
    outcome=one_of("settled", "released", "expired"), reason_=is_text,
    amounts=list_of(members(unit=is_unit, amount=is_amount)), usage_=map_of(is_code, is_count),
    source_=one_of("reported", "estimated"), overage_=list_of(is_claim), late_=is_boolean,
)

is_stop = members(
    **HEADER, type=is_text, run_=is_name, agent_=is_name, tenant_=is_name, lifted_=one_of(True), by_=is_name,
    reason=is_text,
)


def stops_one(body: dict) -> bool:
    """Whether it is of a run or of an agent; only the stop of an agent is lifted, by somebody."""
    if "run" in body:
        return not {"agent", "tenant", "lifted"} & body.keys()
    return "agent" in body and ("lifted" not in body or "by" in body)


is_adjustment = members(
    **HEADER, type=is_text, adjustment=is_name, kind=one_of("top_up", "refund", "correction"), budget=is_name,
    partition=is_text, window=is_name, unit=is_unit, amount=is_signed_amount, by=is_name, reason=is_text,
)

BODIES = {
    "decision": members(
        **HEADER, type=is_text, action=is_action, decision=is_verdict, claims=list_of(is_claim),
        price=nullable(is_price), reservation=nullable(is_name), exceeded_=list_of(is_exceeded), enforced_=is_digest,
        replaced_=is_text, approval_=is_name,
    ),
    "settlement": lambda body: is_settlement(body) and (body["outcome"] == "settled" or body["amounts"] == []),
    "approval": members(
        **HEADER, type=is_text, approval=is_name, action=is_digest, run=is_name, by_=is_text, reason_=is_text,
        status=one_of("requested", "granted", "denied", "expired", "used"),
    ),
    "stop": lambda body: is_stop(body) and stops_one(body),
    "adjustment": lambda body: (
        is_adjustment(body) and (body["kind"] == "correction" or body["amount"].startswith("-"))
    ),
    "key": members(**HEADER, type=is_text, kid=is_thumbprint, jwk=is_jwk, endorsement_=is_endorsement),
    "checkpoint": members(
        **HEADER, type=is_text, size=is_count, root=is_digest, note_=is_signature,
        heads_=list_of(members(chain=is_name, seq=is_count, digest=is_digest)),
    ),
    "close": members(**HEADER, type=is_text),
}


class Flaw(ValueError):
    """Why a receipt does not hold; `reason` is one of the closed set."""

    def __init__(self, reason: str, message: str):
        super().__init__(message)
        self.reason = reason


@dataclass
class Receipt:
    body: dict
    kid: str
    sig: str
    line: str
    body_text: str

    @property
    def digest(self) -> str:
        return digest_of(self.line)


def read_receipt(source: bytes | str) -> Receipt:
    """Reads a line: JSON, then its shape, then that its text is the canonical one. Raises Flaw."""
    try:
        line = source if isinstance(source, str) else decode_utf8(source)
        value = read_json(line)
    except NotJson as error:
        raise Flaw("not_json", str(error)) from None
    if not isinstance(value, dict) or set(value) != {"body", "kid", "sig"}:
        raise Flaw("malformed", "a receipt has exactly body, kid and sig")
    body, kid, sig = value["body"], value["kid"], value["sig"]
    if not isinstance(body, dict) or "v" not in body or "type" not in body:
        raise Flaw("malformed", "a body has v and type")
    if not is_thumbprint(kid) or not is_signature(sig):
        raise Flaw("malformed", "kid or sig is not of its form")
    if not one_of(1)(body["v"]):
        raise Flaw("unknown_version", f"version {body['v']!r} is not 1")
    kind = body["type"]
    if not isinstance(kind, str) or kind not in BODIES:
        raise Flaw("unknown_type", f"type {kind!r} is not a receipt's")
    if not BODIES[kind](body):
        raise Flaw("malformed", f"the body is no {kind}")
    try:
        if canonical(value) != line:
            raise Flaw("not_canonical", "the text is not in canonical form")
        return Receipt(body, kid, sig, line, canonical(body))
    except Refused as error:
        raise Flaw("not_canonical", str(error)) from None


def is_signed(public_key: bytes, receipt: Receipt) -> bool:
    try:
        signature = from_base64url(receipt.sig)
    except ValueError:
        return False
    return ed25519_verify(public_key, signature, signing_input(RECEIPT_TYPE, receipt.body_text))


def read_key(jwk: dict, kid: str) -> bytes:
    """The bytes of a key that a receipt names. Raises Flaw bad_key."""
    if thumbprint(jwk) != kid:
        raise Flaw("bad_key", f"{kid} is not the thumbprint of the key it comes with")
    try:
        public_key = key_bytes(jwk)
        check_public_key(public_key)
    except BadKey as error:
        raise Flaw("bad_key", str(error)) from None
    return public_key


def sign_receipt(body: object, seed: bytes) -> str:
    """The canonical line of a receipt, signed with the key of a seed."""
    text = canonical(body)
    _, _, public_key = expand_seed(seed)
    kid = thumbprint({"kty": "OKP", "crv": "Ed25519", "x": to_base64url(public_key)})
    sig = to_base64url(ed25519_sign(seed, signing_input(RECEIPT_TYPE, text)))
    return f'{{"body":{text},"kid":"{kid}","sig":"{sig}"}}'


# ---------------------------------------------------------------------------------------------------------------
# Merkle trees (RFC 6962, section 2.1), checkpoints and signed notes (C2SP)


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class MerkleTree:
    """A tree that grows: the roots of its complete subtrees, from the largest, as (size, hash)."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[tuple[int, bytes]] = []

    def append(self, data: bytes) -> None:
        self.size += 1
        size, hashed = 1, leaf_hash(data)
        while self.peaks and self.peaks[-1][0] == size:
            hashed = node_hash(self.peaks.pop()[1], hashed)
            size *= 2
        self.peaks.append((size, hashed))

    def root(self) -> bytes:
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        hashed = self.peaks[-1][1]
        for _, left in reversed(self.peaks[:-1]):
            hashed = node_hash(left, hashed)
        return hashed


def is_key_name(name: str) -> bool:
    """Whether a text may name a key of a signed note: no white space, no control characters, no "+"."""
    categories = {unicodedata.category(c) for c in name}
    return name != "" and "+" not in name and not categories & {"Cc", "Zs", "Zl", "Zp"}


def checkpoint_text(chain: str, size: int, root: bytes) -> str:
    """The text of a checkpoint (C2SP tlog-checkpoint), which its note signs."""
    return f"tollgate/{chain}\n{size}\n{base64.b64encode(root).decode('ascii')}\n"


# ---------------------------------------------------------------------------------------------------------------
# Chains


@dataclass
class Options:
    """How receipts are to be verified."""

    keys: list[dict] | None = None
    """Trusted keys and roots, as JWKs; None asks for no trust: the best verdict is then "bound"."""
    revoked: list[dict] = field(default_factory=list)
    heads: list[dict] = field(default_factory=list)
    closed: bool = False
    partial: bool = False
    trimmed: bool = False
    timeToleranceMs: int = 0


@dataclass(frozen=True)
class Trust:
    """The root whose endorsement a key's trust rests on, with its bounds; root None: it rests on none."""

    root: str | None = None
    notbefore: str = ""
    notafter: str = ""


@dataclass
class Chain:
    name: str
    digests: dict[int, str] = field(default_factory=dict)
    """By sequence number, in order; where the beginning was dropped there are gaps."""
    due: int = 0
    keys: dict[str, bytes] = field(default_factory=dict)
    kids: list[str] = field(default_factory=list)
    kid: str | None = None
    trust: Trust | None = None
    time: str = ""
    latest: str = ""
    closed: bool = False
    covered: int = 0
    tree: MerkleTree | None = field(default_factory=MerkleTree)
    """Over all receipts; None where some were dropped."""
    beginning: bool = True
    """Only keys so far."""
    start: int | None = 0
    """From where nothing is missing; None while the checkpoint is that the rest begins with."""

    def summary(self) -> dict:
        return {
            "chain": self.name,
            "receipts": len(self.digests),
            "from": self.due if self.start is None else self.start,
            "seq": self.due - 1,
            "digest": self.digests[self.due - 1],
            "time": self.time,
            "kids": self.kids,
            "closed": self.closed,
            "root": None if self.tree is None else f"sha256:{self.tree.root().hex()}",
            "covered": self.covered,
        }


@dataclass
class OpenDecision:
    decision: str
    claims: list[dict]
    expired: bool = False


def by_utf16(name: str) -> bytes:
    """Sorts names by their UTF-16 code units."""
    return name.encode("utf-16-be", "surrogatepass")


def epoch_ms(time: str) -> int:
    """Milliseconds since 1970 of a receipt's time; Python's own dates start with the year 1."""
    year, month, day = int(time[0:4]), int(time[5:7]), int(time[8:10])
    year -= month <= 2
    era_year = year % 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    days = year // 400 * 146097 + era_year * 365 + era_year // 4 - era_year // 100 + day_of_year - 719468
    hour, minute, second, ms = int(time[11:13]), int(time[14:16]), int(time[17:19]), int(time[20:23])
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms


CLAIM = ("budget", "partition", "window", "unit")


def claim_key(claim: dict) -> tuple:
    return tuple(claim[name] for name in CLAIM)


class Verifier:
    """Verifies a stream of receipts, of one chain or many, up to the first that does not hold."""

    def __init__(self, options: Options):
        self.options = options
        self.trusted = None if options.keys is None else {thumbprint(jwk) for jwk in options.keys}
        for jwk in options.keys or []:
            key_bytes(jwk)
        self.revoked: dict[str, str] = {}
        for entry in options.revoked:
            since = entry.get("since", "")
            self.revoked[entry["kid"]] = min(since, self.revoked.get(entry["kid"], since))
        self.chains: dict[str, Chain] = {}
        self.open: dict[str, OpenDecision] = {}
        self.ended: set[str] = set()
        self.awaited: dict[str, dict[int, tuple[str, str | None]]] = {}
        self.receipts = 0
        self.broken: dict | None = None
        for head in options.heads:
            self.expect_head(head, None)

    # -- one receipt

    def take(self, source: bytes | str) -> bool:
        """Takes the next line; False when it does not hold, and then none is to follow."""
        try:
            receipt = read_receipt(source)
        except Flaw as flaw:
            only = next(iter(self.chains.values())) if len(self.chains) == 1 else None
            self.break_at(flaw, only.name if only else None, only.due if only else None)
            return False
        name = receipt.body["chain"]
        chain = self.chains.get(name) or Chain(name)
        try:
            self.follow(chain, receipt)
        except Flaw as flaw:
            self.break_at(flaw, name, chain.due)
            return False
        self.chains[name] = chain
        self.receipts += 1
        return True

    def break_at(self, flaw: Flaw, chain: str | None, seq: int | None) -> None:
        self.broken = {
            "reason": flaw.reason, "index": self.receipts, "chain": chain, "seq": seq, "message": str(flaw),
        }

    def follow(self, chain: Chain, receipt: Receipt) -> None:
        body = receipt.body
        self.check_place(chain, receipt)
        named = read_key(body["jwk"], body["kid"]) if body["type"] == "key" else None
        signer = self.check_signature(chain, receipt, named)
        trust = self.check_trust(chain, receipt)
        self.check_heads(chain, receipt)
        self.check_meaning(chain, receipt, signer)

        if named is not None:
            chain.kid = body["kid"]
            chain.keys[body["kid"]] = named
            chain.kids.append(body["kid"])
        chain.trust = trust
        if body["seq"] > chain.due:
            chain.tree, chain.start = None, None
        chain.beginning = chain.beginning and body["type"] == "key"
        if chain.start is None and body["type"] == "checkpoint":
            chain.start = int(body["seq"])
        chain.digests[int(body["seq"])] = receipt.digest
        chain.due = int(body["seq"]) + 1
        chain.time = body["time"]
        chain.latest = max(chain.latest, body["time"])
        chain.closed = body["type"] == "close"
        if body["type"] == "checkpoint":
            chain.covered = body["size"]
        if chain.tree is not None:
            chain.tree.append(receipt.line.encode("utf-8"))

    def check_place(self, chain: Chain, receipt: Receipt) -> None:
        body, due = receipt.body, chain.due
        kept = body["type"] in ("key", "checkpoint")
        if chain.closed:
            raise Flaw("after_close", "the chain was closed before it")
        message = f"receipt {body['seq']} stands where {due} should"
        # The beginning of a chain may be dropped, all but its keys, up to a checkpoint; never the first key.
        if body["seq"] > due and not (self.options.trimmed and chain.beginning and due > 0 and kept):
            raise Flaw("sequence_gap", message)
        if body["seq"] < due:
            key = chain.keys.get(receipt.kid)
            other = receipt.digest != chain.digests.get(int(body["seq"]), receipt.digest)
            raise Flaw("fork" if key and other and is_signed(key, receipt) else "sequence_repeat", message)
        if chain.start is None and not kept:
            raise Flaw("sequence_gap", "a checkpoint has to come before it: the beginning was dropped")
        before = chain.digests[due - 1] if due else None
        if body["prev"] is None if body["seq"] > due else body["prev"] != before:
            raise Flaw("previous_digest", "it does not follow the receipt before it")
        if body["time"] < chain.latest:
            if epoch_ms(chain.latest) - epoch_ms(body["time"]) > self.options.timeToleranceMs:
                raise Flaw("time_backwards", f"its time {body['time']} is before {chain.latest}")

    def check_signature(self, chain: Chain, receipt: Receipt, named: bytes | None) -> bytes:
        if chain.kid is None and (named is None or receipt.kid != receipt.body["kid"]):
            raise Flaw("missing_key", "a chain starts with its own key, signed by itself")
        if chain.kid is not None and receipt.kid != chain.kid:
            raise Flaw("unknown_key", f"it is signed by key {receipt.kid}, but the chain's key is {chain.kid}")
        signer = named if chain.kid is None else chain.keys[chain.kid]
        assert signer is not None
        if not is_signed(signer, receipt):
            raise Flaw("bad_signature", "its signature does not fit")
        return signer

    # -- trust

    def check_trust(self, chain: Chain, receipt: Receipt) -> Trust:
        """Checks that who signed may, and answers the trust in the key that the chain goes on under."""
        body, time = receipt.body, receipt.body["time"]
        after = self.grant(body, chain.trust) if body["type"] == "key" else chain.trust
        assert after is not None
        if self.is_revoked(receipt.kid, time):
            raise Flaw("revoked_key", f"key {receipt.kid} was revoked")
        self.check_root(after, time)
        # A root that vouches for the key named vouches for the handover: so a chain whose key ran out can go on.
        if after.root is not None and not after.notbefore <= time <= after.notafter:
            raise Flaw("expired_key", f"its time {time} is not within the bounds of its key's endorsement")
        self.check_root(chain.trust or after, time)
        return after

    def grant(self, body: dict, before: Trust | None) -> Trust:
        endorsement = body.get("endorsement")
        if endorsement is not None:
            check_endorsement(endorsement, body["kid"], body["jwk"])
            if endorsement.get("chain", body["chain"]) != body["chain"]:
                raise Flaw("bad_endorsement", "its key is endorsed for another chain")
        if self.trusted is None or body["kid"] in self.trusted:
            return Trust()
        if endorsement is not None and endorsement["kid"] in self.trusted:
            return Trust(endorsement["kid"], endorsement["notbefore"], endorsement["notafter"])
        if before is not None:
            return before
        raise Flaw("untrusted_key", f"key {body['kid']} is neither trusted nor endorsed by one that is")

    def check_root(self, trust: Trust, time: str) -> None:
        if trust.root is not None and self.is_revoked(trust.root, time):
            raise Flaw("revoked_key", f"key {trust.root}, which endorsed it, was revoked")

    def is_revoked(self, kid: str, time: str) -> bool:
        since = self.revoked.get(kid)
        return since is not None and time >= since

    # -- heads that somebody saw

    def digest_at(self, name: str, seq: int) -> str | None:
        chain = self.chains.get(name)
        return chain.digests.get(seq) if chain else None

    def expect_head(self, head: dict, by: str | None) -> None:
        name, seq, digest = head["chain"], head["seq"], head["digest"]
        known = self.digest_at(name, seq)
        if known is None:
            if name in self.chains and seq < self.chains[name].due:
                return  # it was dropped: nobody can tell any more
            awaited = self.awaited.setdefault(name, {})
            known = awaited.setdefault(seq, (digest, by))[0]
        if known != digest:
            raise Flaw("fork", f"receipt {seq} of chain {name!r} is not the one that was seen")

    def check_heads(self, chain: Chain, receipt: Receipt) -> None:
        seq = int(receipt.body["seq"])
        head = self.awaited.get(chain.name, {}).get(seq)
        if head is not None and head[0] != receipt.digest:
            raise Flaw("fork", f"receipt {seq} of chain {chain.name!r} is not the one that was seen")

    # -- meaning

    def check_meaning(self, chain: Chain, receipt: Receipt, signer: bytes) -> None:
        body = receipt.body
        if body["type"] == "decision":
            self.open_decision(body)
        elif body["type"] == "settlement":
            self.end_decision(body)
        elif body["type"] == "checkpoint":
            self.check_checkpoint(chain, body, signer)
        awaited = self.awaited.get(chain.name, {})
        for seq in [seq for seq in awaited if seq <= body["seq"]]:
            del awaited[seq]  # it has come, or it was dropped
        if not awaited:
            self.awaited.pop(chain.name, None)

    def open_decision(self, body: dict) -> bool:
        """Notes what a decision holds; False when it holds nothing new."""
        hold = body["reservation"] or body["id"]
        known = self.open.get(hold)
        if known is not None and known.decision == body["id"]:
            raise Flaw("decision_repeated", f"decision {body['id']} is open already")
        said = body["decision"]
        through = (
            said["outcome"] in ("allow", "degrade") or said["mode"] == "shadow" or body["reservation"] is not None
        )
        if known is not None or not through:
            return False
        self.open[hold] = OpenDecision(body["id"], body["claims"])
        return True

    def end_decision(self, body: dict) -> OpenDecision | None:
        """Ends a decision, and answers it as it was; None for the expiry of one that is not at hand."""
        hold = body["decision"] if body["reservation"] is None else body["reservation"]
        found = self.open.get(hold)
        dropped = self.options.trimmed and hold not in self.ended
        if found is None and body["outcome"] != "expired" and not dropped:
            raise Flaw("no_open_decision", f"decision {body['decision']} is unknown or has ended")
        if found is not None and body["decision"] not in (found.decision, hold):
            raise Flaw("settlement_mismatch", f"{hold} is of decision {found.decision}")
        late = body["outcome"] == "settled" and body.get("late", False)
        if found is not None and found.expired and not late:
            raise Flaw("no_open_decision", f"decision {body['decision']} has expired")
        check_amounts(body, None if found is None else found.claims)
        if body["outcome"] != "expired":
            self.ended.add(hold)
        if found is None:
            return None
        if body["outcome"] == "expired":
            self.open[hold] = OpenDecision(found.decision, found.claims, expired=True)
        else:
            del self.open[hold]
        return found

    def check_checkpoint(self, chain: Chain, body: dict, signer: bytes) -> None:
        def check(good: bool, message: str) -> None:
            if not good:
                raise Flaw("bad_checkpoint", message)

        heads, note = body.get("heads", []), body.get("note")
        names = [by_utf16(head["chain"]) for head in heads]
        check(body["size"] == body["seq"], "its size is not the number of receipts before it")
        # Where some of them were dropped, nobody can tell whether the root is theirs.
        if chain.tree is not None and body["seq"] == chain.due:
            root = f"sha256:{chain.tree.root().hex()}"
            check(body["root"] == root, "its root is not that of the receipts before it")
        check(all(head["chain"] != chain.name for head in heads), "it names its own chain among the others")
        check(all(a < b for a, b in zip(names, names[1:])), "the chains that it names are not in order")
        if note is not None:
            check(is_key_name(f"tollgate/{chain.name}"), "its chain's name cannot stand in a note")
            root_bytes = bytes.fromhex(body["root"].removeprefix("sha256:"))
            text = checkpoint_text(chain.name, int(body["size"]), root_bytes)
            try:
                signed = ed25519_verify(signer, from_base64url(note), text.encode("utf-8"))
            except ValueError:
                signed = False
            check(signed, "its note is not signed by its key")
        for head in heads:
            self.expect_head(head, chain.name)

    # -- the end

    def report(self) -> dict:
        broken = self.broken or self.missing()
        verdict = "broken" if broken else "bound" if self.trusted is None else "authentic"
        return {
            "verdict": verdict,
            "receipts": self.receipts,
            "chains": [chain.summary() for chain in self.chains.values()],
            "open": sum(not decision.expired for decision in self.open.values()),
            "break": broken,
        }

    def missing(self) -> dict | None:
        def at(reason: str, chain: str | None, seq: int | None, message: str) -> dict:
            return {"reason": reason, "index": self.receipts, "chain": chain, "seq": seq, "message": message}

        if self.receipts == 0:
            return at("empty", None, None, "there are no receipts")
        for name in sorted(self.awaited, key=by_utf16):
            come = self.chains[name].due if name in self.chains else 0
            awaited = self.awaited[name]
            if come == 0 and self.options.partial and all(by is not None for _, by in awaited.values()):
                continue
            message = f"receipt {min(awaited)} of chain {name!r} was seen, but is not there"
            return at("missing_tail" if come else "missing_chain", name, come, message)
        names = sorted(self.chains, key=by_utf16)
        for name in names:
            if self.chains[name].start is None:
                return at("missing_tail", name, self.chains[name].due, f"chain {name!r} lacks its checkpoint")
        for name in names if self.options.closed else []:
            if not self.chains[name].closed:
                return at("missing_tail", name, self.chains[name].due, f"chain {name!r} does not end with its close")
        return None


def check_endorsement(endorsement: dict, kid: str, jwk: dict) -> None:
    """Checks that a root key vouches for this key on these terms; whether it is trusted is another question."""
    try:
        root = read_key(endorsement["jwk"], endorsement["kid"])
        signature = from_base64url(endorsement["sig"])
    except ValueError as error:
        raise Flaw("bad_endorsement", str(error)) from None
    if endorsement["notafter"] < endorsement["notbefore"]:
        raise Flaw("bad_endorsement", "the endorsement ends before it begins")
    claim = {name: endorsement[name] for name in ("chain", "notafter", "notbefore") if name in endorsement}
    text = canonical(claim | {"jwk": jwk, "kid": kid, "v": 1})
    if not ed25519_verify(root, signature, signing_input(ENDORSEMENT_TYPE, text)):
        raise Flaw("bad_endorsement", f"key {endorsement['kid']} did not sign it")


def check_amounts(body: dict, claims: list[dict] | None) -> None:
    """Whatever was booked above a claim must be its overage, and there may be no other overage.

    Without claims, where the decision is not at hand, nothing is bounded.
    """

    def check(good: bool, message: str) -> None:
        if not good:
            raise Flaw("unexplained_amount", message)

    booked = {entry["unit"]: int(entry["amount"]) for entry in body["amounts"]}
    over = {claim_key(entry): int(entry["amount"]) for entry in body.get("overage", [])}
    check(len(booked) == len(body["amounts"]), "it books one unit twice")
    check(body["outcome"] == "settled" or not body.get("overage"), "it has overage, but was not settled")
    check(len(over) == len(body.get("overage", [])), "it has two overages of one claim")
    if body["outcome"] != "settled" or claims is None:
        return
    for claim in claims:
        held = int(claim["amount"])
        actual = booked.get(claim["unit"], held)
        overage = over.pop(claim_key(claim), 0)
        if body.get("late", False):
            check(overage <= actual, "its overage is more than it books")
        else:
            check(overage == max(0, actual - held), f"it books {actual}, of which {held} was held")
    check(not over, "it has an overage of what was never held")


def verify(lines, options: Options | None = None) -> dict:
    """Verifies lines (bytes or text, without line feeds) and answers a report."""
    verifier = Verifier(options or Options())
    for line in lines:
        if not verifier.take(line):
            break
    return verifier.report()


def replay_balances(lines, trimmed: bool = False) -> list[dict]:
    """What the ledger's balances must be, from receipts alone; verify them first.

    With trimmed, settlements of decisions that are not there are passed over. Raises ValueError when two receipts of one adjustment do not say the same.
    """
    pairs = Verifier(Options(trimmed=trimmed))
    balances: dict[tuple, list[int]] = {}
    adjustments: dict[str, list] = {}
    for line in lines:
        body = read_receipt(line).body
        if body["type"] == "adjustment":
            said = [body[name] for name in ("kind", *CLAIM, "amount", "by", "reason")]
            if body["adjustment"] not in adjustments:
                adjustments[body["adjustment"]] = said
                balances.setdefault(claim_key(body), [0, 0])[0] += int(body["amount"])
            elif adjustments[body["adjustment"]] != said:
                raise ValueError(f"adjustment {body['adjustment']!r} was another before")
        elif body["type"] == "decision" and pairs.open_decision(body):
            for claim in body["claims"]:
                balances.setdefault(claim_key(claim), [0, 0])[1] += int(claim["amount"])
        elif body["type"] == "settlement":
            ended = pairs.end_decision(body)
            booked = {entry["unit"]: int(entry["amount"]) for entry in body["amounts"]}
            for claim in ended.claims if ended else []:
                balance = balances[claim_key(claim)]
                if not ended.expired:
                    balance[1] -= int(claim["amount"])
                if body["outcome"] == "settled":
                    balance[0] += booked.get(claim["unit"], int(claim["amount"]))
    return [
        {"budget": b, "partition": p, "window": w, "unit": u, "spent": str(spent), "held": str(held)}
        for (b, p, w, u), (spent, held) in balances.items()
    ]


# ---------------------------------------------------------------------------------------------------------------
# Proofs: RFC 9162's of trees, C2SP's signed notes and tlog-proofs


def is_place(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_SAFE


def verify_inclusion(leaf: bytes, index: int, size: int, root: bytes, proof: list[bytes]) -> bool:
    """RFC 9162, section 2.1.3.2."""
    if not is_place(index) or not is_place(size) or index >= size or any(len(each) != 32 for each in [leaf, *proof]):
        return False
    node, last, hashed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            hashed = node_hash(sibling, hashed)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            hashed = node_hash(hashed, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and hashed == root


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: list[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2; besides, a tree without leaves begins every other one."""
    if not is_place(old_size) or not is_place(new_size) or old_size > new_size:
        return False
    if any(len(each) != 32 for each in proof):
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    if old_size == 0:
        return not proof and old_root == hashlib.sha256(b"").digest()
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not path:
        return False
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    before = now = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            before, now = node_hash(sibling, before), node_hash(sibling, now)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            now = node_hash(now, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and before == old_root and now == new_root


@dataclass
class Note:
    text: str
    signatures: list[tuple[str, bytes, bytes]]
    """Name, key id and signature of each line."""


def parse_note(note: str) -> Note:
    """Reads a signed note. Raises ValueError."""
    text, gap, rest = note.rpartition("\n\n")
    if any(c < " " and c != "\n" for c in note) or SURROGATE.search(note):
        raise ValueError("a note is text without control characters")
    if not gap or not rest.endswith("\n"):
        raise ValueError("a note is a text, an empty line and lines of signatures")
    lines = rest[:-1].split("\n")
    if len(lines) > 100:
        raise ValueError("a note has 100 signatures at most")
    signatures = []
    for line in lines:
        dash, name, blob = line.split(" ") if line.count(" ") == 2 else ("", "", "")
        if dash != "\u2014" or not is_key_name(name):
            raise ValueError("a signature line is an em dash, a name and base64")
        data = from_base64(blob)
        if len(data) < 5:
            raise ValueError("a signature is a key id of four bytes and more")
        signatures.append((name, data[:4], data[4:]))
    return Note(text + "\n", signatures)


def note_key_id(name: str, public_key: bytes) -> bytes:
    return hashlib.sha256(name.encode("utf-8") + b"\n\x01" + public_key).digest()[:4]


def is_note_signed(note: Note, name: str, public_key: bytes) -> bool:
    """Whether this key signed it; a line in its name and with its id that does not verify spoils the note."""
    own = [sig for who, key_id, sig in note.signatures if (who, key_id) == (name, note_key_id(name, public_key))]
    return bool(own) and all(ed25519_verify(public_key, sig, note.text.encode("utf-8")) for sig in own)


def parse_note_key(text: str) -> tuple[str, bytes]:
    """Reads a C2SP verifier key: name, id and key, with plus signs between them."""
    name, key_id, material = text.split("+", 2)
    data = from_base64(material)
    if len(data) != 33 or data[0] != 1 or note_key_id(name, data[1:]).hex() != key_id:
        raise ValueError("no Ed25519 key for notes")
    return name, data[1:]


def parse_checkpoint(text: str) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint's text (C2SP tlog-checkpoint). Raises ValueError."""
    origin, size, root, *rest = text.split("\n")
    if not origin or not rest or rest[-1] != "" or "" in rest[:-1]:
        raise ValueError("a checkpoint is an origin, a size and a root, a line each")
    if not is_decimal(size) or len(size) > 16 or int(size) > MAX_SAFE:
        raise ValueError("a checkpoint's size is a whole number within 2^53 - 1")
    hashed = from_base64(root)
    if len(hashed) != 32:
        raise ValueError("a checkpoint's root is 32 bytes")
    return origin, int(size), hashed


@dataclass
class Proof:
    index: int
    hashes: list[bytes]
    note: Note
    extra: str
    """The receipts that go with it, a line feed after each."""


def parse_proof(text: str) -> Proof:
    """Reads a tlog-proof whose extra data are lines of receipts. Raises ValueError."""
    head, gap, checkpoint = text.partition("\n\n")
    header, *lines = head.split("\n")
    if not gap or header != "c2sp.org/tlog-proof@v1":
        raise ValueError('a proof starts with "c2sp.org/tlog-proof@v1", and has an empty line')
    if not lines or not lines[0].startswith("extra "):
        raise ValueError("it has no receipts")
    extra = from_base64(lines.pop(0).removeprefix("extra ")).decode("utf-8")
    match = re.fullmatch(r"index (0|[1-9][0-9]{0,15})", lines.pop(0) if lines else "")
    if match is None or int(match[1]) > MAX_SAFE or len(lines) > 53:
        raise ValueError("a proof has an index, and 53 hashes at most")
    hashes = [from_base64(line) for line in lines]
    if any(len(hashed) != 32 for hashed in hashes):
        raise ValueError("each hash is 32 bytes")
    return Proof(int(match[1]), hashes, parse_note(checkpoint), extra)


def verify_proof(text: str, options: Options) -> tuple[str, str]:
    """The verdict on a receipt's proof and the line that it proves. Raises Flaw."""
    try:
        proof = parse_proof(text)
    except ValueError as error:
        raise Flaw("malformed", str(error)) from None
    *lines, rest = proof.extra.split("\n")
    receipts = [read_receipt(line) for line in lines]
    proven = next((receipt for receipt in receipts if receipt.body["seq"] == proof.index), None)
    if rest != "" or proven is None or receipts[-1].body["type"] != "checkpoint":
        raise Flaw("malformed", "its receipts are not the one that is proven and what vouches for it")
    verifier = Verifier(options)
    chain = Chain(receipts[0].body["chain"])
    before, signer = -1, b""
    for receipt in receipts:
        body = receipt.body
        needed = body["type"] == "key" or body["seq"] == proof.index or receipt is receipts[-1]
        if body["chain"] != chain.name or body["seq"] <= before or not needed:
            raise Flaw("malformed", "its receipts are not of one chain, in order, or too many")
        before = body["seq"]
        named = read_key(body["jwk"], body["kid"]) if body["type"] == "key" else None
        signer = verifier.check_signature(chain, receipt, named)
        trust = verifier.check_trust(chain, receipt)
        if named is not None:
            chain.kid, chain.trust = body["kid"], trust
            chain.keys[body["kid"]] = named
    check_note(proof.note, receipts[-1].body, signer)
    checkpoint = receipts[-1].body
    root = bytes.fromhex(checkpoint["root"].removeprefix("sha256:"))
    leaf = leaf_hash(proven.line.encode("utf-8"))
    if not verify_inclusion(leaf, proof.index, checkpoint["size"], root, proof.hashes):
        raise Flaw("bad_proof", "the receipt is not in the tree that the checkpoint is of")
    return ("bound" if options.keys is None else "authentic"), proven.line


def check_note(note: Note, checkpoint: dict, signer: bytes) -> None:
    """Checks that a note says what a checkpoint's receipt says, and is signed by its key."""
    name = f"tollgate/{checkpoint['chain']}"
    try:
        origin, size, root = parse_checkpoint(note.text)
    except ValueError as error:
        raise Flaw("bad_checkpoint", str(error)) from None
    if origin != name or not is_key_name(name):
        raise Flaw("bad_checkpoint", "the note is of another chain")
    if (size, f"sha256:{root.hex()}") != (checkpoint["size"], checkpoint["root"]) or size != checkpoint["seq"]:
        raise Flaw("bad_checkpoint", "the note and the checkpoint's receipt do not say the same")
    if not is_note_signed(note, name, signer):
        raise Flaw("bad_checkpoint", "the note is not signed by the chain's key")


# ---------------------------------------------------------------------------------------------------------------
# Action digests


class Undefined:
    """JavaScript's undefined: no value at all. Python has no such thing, so vectors get this."""


ACTION_MEMBERS = ("kind", "name", "provider", "capability", "max_output_tokens", "amounts", "subject")
SUBJECT_MEMBERS = ("tenant", "user", "agent", "role", "session", "capability")


def action_preimage(action: dict, params: object) -> str:
    """The text whose SHA-256 is the action's digest. Raises Refused."""

    def check(good: bool, what: str) -> None:
        if not good:
            raise Refused("bad_action", what)

    def is_short_text(value: object) -> bool:
        return isinstance(value, str) and 1 <= len(value.encode("utf-16-le", "surrogatepass")) // 2 <= 256

    check(all(name in ACTION_MEMBERS for name in action), "an unknown member")
    check(action.get("kind") in KINDS, "kind")
    check(is_short_text(action.get("name")), "name")
    check("provider" not in action or is_short_text(action["provider"]), "provider")
    check("capability" not in action or action["capability"] in CAPABILITIES, "capability")
    check("max_output_tokens" not in action or is_count(action["max_output_tokens"]), "max_output_tokens")
    for unit, amount in action.get("amounts", {}).items():
        check(is_unit(unit) and is_amount(amount), f"amounts.{unit}")
    for name, value in action["subject"].items():
        good = value in CAPABILITIES if name == "capability" else is_short_text(value)
        check(name in SUBJECT_MEMBERS and good, f"subject.{name}")
    head = {name: value for name, value in action.items() if name != "amounts" or value != {}}
    return f'{{"action":{canonical(head, "json")},"params":{canonical(plain_params(params), "json")}}}'


def plain_params(value: object, depth: int = 0) -> object:
    """Parameters as a program has them, as JSON that can be digested."""
    if isinstance(value, Undefined):
        return None
    if isinstance(value, str):
        if not SURROGATE.search(value):
            return value
        return {"utf16": value.encode("utf-16-be", "surrogatepass").hex()}
    if isinstance(value, bytes):
        return {"bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()}
    if isinstance(value, BigInteger):
        return str(value.value)
    if isinstance(value, (list, dict)) and depth >= 100:
        raise Refused("too_deep", "parameters nest more than 100 deep")
    if isinstance(value, list):
        return [plain_params(item, depth + 1) for item in value]
    if isinstance(value, dict):
        copy = {}
        for name, member in value.items():
            if isinstance(member, Undefined):
                continue
            if name == "__proto__" or SURROGATE.search(name):
                raise Refused("bad_key", f"{name!r} is no name of a parameter")
            copy[name] = plain_params(member, depth + 1)
        return copy
    return value


# ---------------------------------------------------------------------------------------------------------------
# A gate, as far as the corpus of decisions needs one: a model to decide by, not a gate to guard anything with


@dataclass
class Run:
    id: str
    subject: dict
    parent: Run | None

    @property
    def root(self) -> str:
        return self.parent.root if self.parent else self.id

    def ancestry(self) -> list[Run]:
        return [self, *(self.parent.ancestry() if self.parent else [])]


@dataclass
class Plan:
    """An action on its way: as it was asked for, or as degrades made it."""

    action: dict
    rules: list[str] = field(default_factory=list)
    evaluators: list[str] = field(default_factory=list)
    rewritten: bool = False


@dataclass
class Held:
    plan: Plan
    bounds: dict[str, int]
    rates: dict | None
    claims: list[dict]
    would_be: dict | None = None


@dataclass
class Attempt:
    run: Run
    accepts: list[str]
    key: str
    digest: str
    expected: dict = field(default_factory=dict)
    held: Held | None = None
    expires: int = 0
    state: str = "refused"
    approval: dict | None = None
    claimed: list[dict] = field(default_factory=list)


def pattern_of(patterns, name: str) -> str | None:
    """The pattern that a name matches: an exact one before a beginning, a longer beginning before a shorter one."""
    if name in patterns:
        return name
    found = [each for each in patterns if each.endswith("*") and name.startswith(each[:-1])]
    return max(found, key=len, default=None)


def amount_of(text: str) -> tuple[int, str]:
    """An amount as people write it: "$1.00" in nano-dollars, "200k tokens"."""
    if match := re.fullmatch(r"\$([0-9]+)(?:\.([0-9]{1,9}))?", text):
        return int(match[1]) * 10**9 + int((match[2] or "").ljust(9, "0")), "usd"
    match = re.fullmatch(r"([0-9]+)([kMG]?) ([a-z][a-z0-9_]*)", text)
    assert match is not None, text
    return int(match[1]) * {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}[match[2]], match[3]


def window_of(per: str, zone: str, now: int, root: str) -> str:
    """The window that holds an instant: its start, the run, or "total"."""
    if per == "run":
        return f"run:{root}"
    if per == "total":
        return "total"
    local = datetime.fromtimestamp(now / 1000, timezone.utc)
    if zone != "UTC":
        local = local.astimezone(ZoneInfo(zone))
    start = local.replace(minute=0, second=0, microsecond=0)
    if per != "hour":
        start = start.replace(hour=0, fold=0)
    if per == "week":
        start = start.replace(day=1) + timedelta(days=start.day - 1 - start.weekday())
    if per == "month":
        start = start.replace(day=1)
    return start.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


SUBJECT_FIELDS = ("tenant", "user", "agent", "role", "session")
PATCHED = {"model": "name", "provider": "provider", "maxOutputTokens": "max_output_tokens", "params": "params"}


class GateModel:
    """Decides the corpus; written from the documentation, and much simpler than a gate."""

    def __init__(self, test: dict):
        self.gate = test["gate"]
        self.shadow = self.gate.get("mode") == "shadow"
        self.now = epoch_ms(test["start"])
        self.runs: dict[str, Run] = {}
        for name, run in test["runs"].items():
            parent = self.runs.get(run.get("parent", ""))
            self.runs[name] = Run(name, (parent.subject if parent else {}) | run["subject"], parent)
        self.cells: dict[tuple, dict] = {}
        self.attempts: dict[int, Attempt] = {}
        self.by_key: dict[str, Attempt] = {}
        self.stopped: set[str] = set()
        self.approvals: list[dict] = []

    # -- steps

    def step(self, index: int, step: dict) -> dict | None:
        match step["do"]:
            case "decide":
                attempt = self.decide(index, step)
                self.attempts[index] = attempt
                return attempt.expected
            case "settle":
                return self.settle(self.attempts[step["attempt"]], step)
            case "release":
                self.give_back(self.attempts[step["attempt"]], "released")
                return {"outcome": "released", "amounts": {}}
            case "grant" | "refuse":
                approval = self.attempts[step["attempt"]].approval
                approval["status"] = "granted" if step["do"] == "grant" else "denied"
            case "stop":
                self.stopped.add(self.runs[step["run"]].root)
            case "wait":
                self.now += step["ms"]
        return None

    def decide(self, index: int, step: dict) -> Attempt:
        run = self.runs[step["run"]]
        action = {"params": None, "amounts": {}} | step["action"] | {"subject": run.subject}
        key = action.pop("key", None)
        name = str(index) if key is None else f"{run.id}/{key}"
        limit = self.gate.get("maxOutputTokens", 4096)
        if action["kind"] == "llm" and limit != "unbounded":
            action.setdefault("max_output_tokens", limit)
        attempt = Attempt(run, step.get("accepts", []), name, digest_of_action(action))
        known = self.by_key.get(name)
        if known is not None and (known.state == "refused" or known.state == "open" and self.now < known.expires):
            if known.digest == attempt.digest:
                return known
            return self.refuse(attempt, conflict([]))
        found = self.judge_and_hold(attempt, action)
        if isinstance(found, Held):
            self.admit(attempt, found)
        else:
            for approval in attempt.claimed:
                approval["status"] = "granted"
            self.refuse(attempt, found)
            if found["outcome"] != "deny" or found["code"] == "idempotency_conflict":
                return attempt
        self.by_key[name] = attempt
        return attempt

    def judge_and_hold(self, attempt: Attempt, action: dict) -> Held | dict:
        latched = None
        if attempt.run.root in self.stopped:
            latched = deny("run_stopped", [], [], terminal=True)
        if not self.shadow:
            plan = latched or self.plan(attempt, Plan(action))
            return self.hold(attempt, plan) if isinstance(plan, Plan) else plan
        plan = latched or self.plan(attempt, Plan(action))
        asked = Plan(action)
        if isinstance(plan, Plan):
            asked = Plan(action, plan.rules, plan.evaluators)
        held = self.hold(attempt, asked)
        assert isinstance(held, Held)
        if not isinstance(plan, Plan):
            held.would_be = plan
        elif held.would_be is None and plan.rewritten:
            held.would_be = finding("degrade", "degraded", plan.rules, plan.evaluators)
        return held

    # -- rules

    def plan(self, attempt: Attempt, plan: Plan) -> Plan | dict:
        for _ in range(5):
            verdict, rules, asked, patches, terminal = self.judge(plan.action)
            if verdict == "deny":
                return deny("policy_denied", rules, asked, terminal=terminal)
            if verdict == "skip":
                return finding("skip", "skipped", rules, asked)
            merged = plan.rules + [rule for rule in rules if rule not in plan.rules]
            judged = Plan(plan.action, merged, asked, plan.rewritten)
            following = self.rewrite(attempt, judged, patches)
            if not isinstance(following, Plan):
                return following
            if following is judged:
                return judged if verdict != "require_approval" else self.approve(attempt, judged, rules) or judged
            plan = following
        return deny("degrade_failed", plan.rules, plan.evaluators)

    def judge(self, action: dict) -> tuple[str, list[str], list[str], list[dict], bool]:
        order = ["allow", "degrade", "skip", "require_approval", "deny"]
        outcome, rules, asked, patches = "allow", [], [], []
        for rule in self.gate.get("rules", []):
            asked.append(rule["rule"])
            verdict, name = verdict_of(rule, action)
            if verdict == "degrade":
                patches.append(rule["patch"])
            if order.index(verdict) < order.index(outcome) or verdict == "allow":
                continue
            if verdict != outcome:
                outcome, rules = verdict, []
            rules.append(rule["rule"] if name is None else f"{rule['rule']}/{name}")
            if verdict == "deny":
                return outcome, rules, asked, patches, rule.get("terminal", False)
        return outcome, rules, asked, patches, False

    def rewrite(self, attempt: Attempt, plan: Plan, patches: list[dict]) -> Plan | dict:
        action = dict(plan.action)
        for patch in patches:
            for name, value in patch.items():
                if name == "maxOutputTokens":
                    value = min(value, action.get("max_output_tokens", value))
                action[PATCHED[name]] = value
        if digest_of_action(action) == digest_of_action(plan.action):
            return plan
        changed = [name for name, member in PATCHED.items() if action.get(member) != plan.action.get(member)]
        if any(name not in attempt.accepts for name in changed):
            return deny("degrade_failed", plan.rules, plan.evaluators)
        return Plan(action, plan.rules, plan.evaluators, rewritten=True)

    def approve(self, attempt: Attempt, plan: Plan, rules: list[str]) -> dict | None:
        """None when a person has approved exactly this; else what stands in the way."""
        digest = digest_of_action(plan.action)
        asking = finding("require_approval", "approval_required", rules, plan.evaluators)
        if any(approval["digest"] == digest for approval in attempt.claimed):
            return None
        if self.shadow:
            return asking
        known = None
        for approval in self.approvals:
            if (approval["run"], approval["digest"]) != (attempt.run.id, digest) or approval["status"] == "used":
                continue
            if approval["status"] != "denied" and approval["expires"] <= self.now:
                continue
            known = approval
            if approval["status"] == "granted":
                approval["status"] = "used"
                attempt.claimed.append(approval)
                return None
        if known is None:
            known = {"run": attempt.run.id, "digest": digest, "status": "pending", "expires": self.now + 3_600_000}
            self.approvals.append(known)
        attempt.approval = known
        return deny("approval_denied", rules, plan.evaluators) if known["status"] == "denied" else asking

    # -- money

    def hold(self, attempt: Attempt, plan: Plan) -> Held | dict:
        heard: set[str] = set()
        would_be = None
        while True:
            bounds, unknown, rates = self.bound(plan.action)
            claims = self.claims(attempt.run, plan, bounds, unknown)
            if not isinstance(claims, list):
                return claims
            for claim in claims:
                claim["enforced"] = None if claim["budget"] in heard else claim["limit"]
            self.expire()
            known = self.by_key.get(attempt.key)
            if known is not None and known.state != "refused":
                return conflict(plan.evaluators)
            exceeded = self.exceeded(claims)
            if not exceeded:
                for claim in claims:
                    cell = self.cells.setdefault(claim_key(claim), {"limit": None, "spent": 0, "held": 0})
                    cell["limit"] = cell["limit"] if claim["enforced"] is None else claim["enforced"]
                    cell["held"] += claim["amount"]
                return Held(plan, bounds, rates, claims, would_be)
            for claim in claims:
                if claim_key(claim) in self.cells and claim["enforced"] is not None:
                    self.cells[claim_key(claim)]["limit"] = claim["enforced"]
            if self.shadow:
                would_be = would_be or self.refusal(plan, exceeded)
                heard |= {claim["budget"] for claim in exceeded}
                continue
            if all(claim["then"] in ("deny", "stop") for claim in exceeded):
                return self.refusal(plan, exceeded)
            following = self.hear(attempt, plan, exceeded, heard)
            if not isinstance(following, Plan):
                return following
            plan = following

    def hear(self, attempt: Attempt, plan: Plan, exceeded: list[dict], heard: set[str]) -> Plan | dict:
        """Lets soft limits have their say: degrades first, then an approval, then a skip."""
        soft = [claim for claim in exceeded if claim["then"] not in ("deny", "stop")]
        degrades = [claim for claim in soft if claim["then"] == "degrade"]
        if degrades:
            heard |= {claim["budget"] for claim in degrades}
            explained = Plan(
                plan.action, plan.rules + [claim["budget"] for claim in degrades], plan.evaluators, plan.rewritten
            )
            following = self.rewrite(attempt, explained, [claim["degrade"] for claim in degrades])
            if not isinstance(following, Plan) or following.action == plan.action:
                return following
            return self.plan(attempt, following)
        heard |= {claim["budget"] for claim in soft}
        if len(soft) < len(exceeded):
            return plan
        rules = plan.rules + [claim["budget"] for claim in soft]
        if any(claim["then"] == "require_approval" for claim in soft):
            found = self.approve(attempt, plan, rules)
            return plan if found is None else found | {"exceeded": self.shown(soft)}
        return finding("skip", "skipped", rules, plan.evaluators) | {"exceeded": self.shown(soft)}

    def refusal(self, plan: Plan, exceeded: list[dict]) -> dict:
        hard = [claim for claim in exceeded if claim["then"] in ("deny", "stop")]
        named = hard or exceeded
        rules = [claim["budget"] for claim in named]
        if not hard:  # in shadow mode: what the softer limits would have done
            thens = [claim["then"] for claim in named]
            softer = {"require_approval": "approval_required", "skip": "skipped", "degrade": "degraded"}
            outcome = next(then for then in softer if then in thens)
            return finding(outcome, softer[outcome], rules, plan.evaluators) | {"exceeded": self.shown(named)}
        terminal = any(claim["then"] == "stop" for claim in named)
        return deny("budget_exceeded", rules, plan.evaluators, terminal) | {"exceeded": self.shown(named)}

    def shown(self, claims: list[dict]) -> list[dict]:
        shown = []
        for claim in claims:
            cell = self.cells.get(claim_key(claim), {"spent": 0, "held": 0})
            stands = {"limit": claim["limit"], "spent": cell["spent"], "held": cell["held"]}
            shown.append(plain_claim(claim) | {name: str(amount) for name, amount in stands.items()})
        return shown

    def exceeded(self, claims: list[dict]) -> list[dict]:
        found = []
        for claim in claims:
            cell = self.cells.get(claim_key(claim), {"spent": 0, "held": 0})
            total = cell["spent"] + cell["held"] + claim["amount"]
            if claim["enforced"] is not None and total > claim["enforced"]:
                found.append(claim)
        return found

    def claims(self, run: Run, plan: Plan, bounds: dict[str, int], unknown: list[str]) -> list[dict] | dict:
        claims: list[dict] = []
        for budget in self.gate.get("budgets", []):
            limit, unit = amount_of(budget["limit"])
            match = budget.get("match", {})
            wanted = {name: value if isinstance(value, list) else [value] for name, value in match.items()}
            action = plan.action
            if action["kind"] not in wanted.get("kind", [action["kind"]]):
                continue
            if pattern_of(wanted.get("name", ["*"]), action["name"]) is None:
                continue
            if unit not in bounds and unit not in unknown:
                continue
            fields = [name for name in SUBJECT_FIELDS if name in budget.get("by", []) or name in wanted]
            for each in run.ancestry():
                missing = [name for name in fields if name not in each.subject]
                told = [name for name in fields if name in wanted and name in each.subject]
                if any(each.subject[name] not in wanted[name] for name in told):
                    continue
                if missing:
                    if each is run:
                        return deny("missing_field", plan.rules + [budget["id"]], plan.evaluators)
                    continue
                if unit in unknown:
                    return deny("unpriced", plan.rules + [budget["id"]], plan.evaluators)
                by = [name for name in SUBJECT_FIELDS if name in budget.get("by", [])]
                claim = {
                    "budget": budget["id"],
                    "partition": "&".join(f"{name}={quote(each.subject[name], safe=ESCAPE_NOT)}" for name in by),
                    "window": window_of(budget.get("per", "total"), budget.get("timeZone", "UTC"), self.now, run.root),
                    "unit": unit, "amount": bounds[unit], "limit": limit,
                    "then": budget.get("then", "deny"), "degrade": budget.get("degrade"),
                }
                if claim_key(claim) not in map(claim_key, claims):
                    claims.append(claim)
        return claims

    def bound(self, action: dict) -> tuple[dict[str, int], list[str], dict | None]:
        """The most that an action can come to, by unit, and the units of which nobody can say."""
        given = {unit: int(amount) for unit, amount in action["amounts"].items()}
        found: dict[str, int | None] = {}
        rates = None
        prices = self.gate.get("prices", {})
        if action["kind"] == "tool":
            if (pattern := pattern_of(prices.get("tools", {}), action["name"])) is not None:
                found["usd"] = amount_of(prices["tools"][pattern])[0]
        else:
            rates = self.rates(action)
            params = canonical(plain_params(action["params"]), "json").encode("utf-8")
            counted = (len(params) + 1) // 2 + 3000 * action.get("media_parts", 0)
            tokens_in = action.get("input_tokens", counted if action["kind"] in ("llm", "embedding") else None)
            tokens_out = 0 if action["kind"] == "embedding" else action.get("max_output_tokens")
            both = None if tokens_in is None or tokens_out is None else tokens_in + tokens_out
            found = {"input_tokens": tokens_in, "output_tokens": tokens_out, "tokens": both}
            if rates is None or both is None:
                found["usd"] = None
            else:
                found["usd"] = cost(rates, tokens_in * rates["dearest"], tokens_out)
        bounds = {"calls": 1} | {unit: amount for unit, amount in found.items() if amount is not None} | given
        return bounds, [unit for unit, amount in found.items() if amount is None and unit not in given], rates

    def rates(self, action: dict) -> dict | None:
        models = self.gate.get("prices", {}).get("models", {})
        pattern = pattern_of(models, action["name"])
        if pattern is None:
            return None
        rates = {name: amount_of(price)[0] for name, price in models[pattern].items()}
        rates = {"input": 0, "output": 0, "perCall": 0} | rates
        rates = {"cacheRead": rates["input"], "cacheWrite": rates["input"]} | rates
        return rates | {"dearest": max(rates["input"], rates["cacheRead"], rates["cacheWrite"])}

    # -- what becomes of it

    def admit(self, attempt: Attempt, held: Held) -> None:
        said = held.would_be or {
            "outcome": "degrade" if held.plan.rewritten else "allow",
            "code": "degraded" if held.plan.rewritten else "allowed",
            "terminal": False, "rules": held.plan.rules, "evaluators": held.plan.evaluators,
        }
        attempt.held, attempt.state = held, "open"
        attempt.expires = self.now + self.gate.get("reservationTtlMs", 300_000)
        attempt.expected = {"permitted": True, **said, "claims": [plain_claim(claim) for claim in held.claims]}
        if held.plan.rewritten:
            names = ("name", "provider", "max_output_tokens")
            attempt.expected["enforced"] = {name: held.plan.action[name] for name in names if name in held.plan.action}
        self.by_key[attempt.key] = attempt

    def refuse(self, attempt: Attempt, found: dict) -> Attempt:
        if found["terminal"]:
            self.stopped.add(attempt.run.root)
        attempt.expected = {"permitted": False, **found, "claims": []}
        return attempt

    def expire(self) -> None:
        for attempt in self.attempts.values():
            if attempt.state == "open" and attempt.expires <= self.now:
                self.give_back(attempt, "expired")

    def give_back(self, attempt: Attempt, state: str) -> None:
        for claim in attempt.held.claims:
            self.cells[claim_key(claim)]["held"] -= claim["amount"]
        attempt.state = state

    def settle(self, attempt: Attempt, step: dict) -> dict:
        held = attempt.held
        used, known = self.used(held, step.get("usage"))
        given = {unit: int(amount) for unit, amount in step.get("amounts", {}).items()}
        amounts = held.bounds | used | given
        late = attempt.state == "expired"
        if not late:
            self.give_back(attempt, "settled")
        attempt.state = "settled"
        overage = []
        for claim in held.claims:
            cell = self.cells[claim_key(claim)]
            actual = amounts[claim["unit"]]
            covered = claim["amount"]
            if late:
                left = claim["limit"] - cell["spent"] - cell["held"]
                covered = actual if claim["enforced"] is None else max(0, left)
            cell["spent"] += actual
            if actual > covered:
                overage.append(plain_claim(claim) | {"amount": str(actual - covered)})
        source = "reported" if known or given else "estimated"
        settled = {"outcome": "settled", "amounts": {unit: str(amounts[unit]) for unit in amounts}, "source": source}
        return settled | ({"late": True} if late else {}) | ({"overage": overage} if overage else {})

    def used(self, held: Held, usage: dict | None) -> tuple[dict[str, int], bool]:
        """What a call used by its usage, and whether all of it is known."""
        action, rates = held.plan.action, held.rates
        if action["kind"] == "tool":
            return {}, True
        if not usage or not any(usage.values()):
            return {}, False
        tokens_in, tokens_out = usage["input_tokens"], usage["output_tokens"]
        used = {"input_tokens": tokens_in, "output_tokens": tokens_out, "tokens": tokens_in + tokens_out}
        if rates is not None:
            read, written = usage.get("cache_read_tokens", 0), usage.get("cache_write_tokens", 0)
            fresh = tokens_in - read - written
            price = fresh * rates["input"] + read * rates["cacheRead"] + written * rates["cacheWrite"]
            used["usd"] = cost(rates, price, tokens_out)
        return used, True

    def balances(self) -> list[dict]:
        self.expire()
        return [
            dict(zip(("budget", "partition", "window", "unit"), key))
            | {"spent": str(cell["spent"]), "held": str(cell["held"])}
            | {"limit": None if cell["limit"] is None else str(cell["limit"])}
            for key, cell in self.cells.items()
        ]


ESCAPE_NOT = "-_.!~*'()"


def cost(rates: dict, price_in: int, tokens_out: int) -> int:
    """Nano-dollars, rounded up; rates are for a million tokens."""
    return (price_in + tokens_out * rates["output"] + 999_999) // 1_000_000 + rates["perCall"]


def digest_of_action(action: dict) -> str:
    head = {name: action[name] for name in ACTION_MEMBERS if name in action}
    return digest_of(action_preimage(head, action["params"]))


def plain_claim(claim: dict) -> dict:
    return {name: str(claim[name]) for name in ("budget", "partition", "window", "unit", "amount")}


def finding(outcome: str, code: str, rules: list[str], evaluators: list[str], terminal: bool = False) -> dict:
    return {"outcome": outcome, "code": code, "terminal": terminal, "rules": rules, "evaluators": evaluators}


def deny(code: str, rules: list[str], evaluators: list[str], terminal: bool = False) -> dict:
    return finding("deny", code, rules, evaluators, terminal)


def conflict(evaluators: list[str]) -> dict:
    return deny("idempotency_conflict", [], evaluators)


def verdict_of(rule: dict, action: dict) -> tuple[str, str | None]:
    """What a rule says of an action, and the pattern by which it says it."""
    kind, name = action["kind"], action["name"]
    if rule["rule"] == "capability-tiers":
        return tier_verdict(rule, action)
    pattern = pattern_of(rule["patterns"], name)
    if rule["rule"] in ("approve", "skip", "degrade"):
        verdict = "require_approval" if rule["rule"] == "approve" else rule["rule"]
        return ("allow", None) if pattern is None else (verdict, pattern)
    listed, noun = rule["rule"].split("-")
    if (noun == "tools") != (kind == "tool"):
        return "allow", None
    return ("allow", None) if (pattern is None) == (listed == "deny") else ("deny", pattern)


def tier_verdict(rule: dict, action: dict) -> tuple[str, str | None]:
    pattern = pattern_of(rule["tools"], action["name"]) if action["kind"] == "tool" else None
    needed = [CAPABILITIES.index(tier) for tier in (rule["tools"].get(pattern), action.get("capability")) if tier]
    if not needed:
        if action["kind"] != "tool":
            return "allow", None
        if rule.get("otherwise", "deny") == "deny":
            return "deny", None
        needed = [CAPABILITIES.index(rule["otherwise"])]
    subject = action["subject"]
    granted = subject.get("capability", rule.get("grants", {}).get(subject.get("role")))
    if granted is not None and CAPABILITIES.index(granted) >= max(needed):
        return "allow", None
    return "deny", pattern


# ---------------------------------------------------------------------------------------------------------------
# Vectors


@dataclass
class BigInteger:
    """An integer of a type that has no largest one, as opposed to a JSON number."""

    value: int


def build_value(plan: dict) -> object:
    """A value in memory, from its description; see test_vectors/README.md."""
    kind, value = next(iter(plan.items()))
    match kind:
        case "json":
            return value
        case "object":
            return {build_key(name): build_value(member) for name, member in value}
        case "array":
            return [build_value(item) for item in value]
        case "number":
            return float(value)
        case "utf16":
            return from_utf16(value)
        case "bytes":
            return bytes.fromhex(value)
        case "integer":
            return BigInteger(int(value))
        case "nest":
            nested: object = 1
            for _ in range(plan["depth"]):
                nested = [nested] if value == "array" else {"a": nested}
            return nested
        case "undefined":
            return Undefined()
    raise KeyError(kind)


def build_key(name: str | dict) -> str:
    return name if isinstance(name, str) else from_utf16(name["utf16"])


def from_utf16(digits: str) -> str:
    return bytes.fromhex(digits).decode("utf-16-be", "surrogatepass")


def input_text(test: dict) -> str:
    if "input" in test:
        return test["input"]
    return "".join(text * times for text, times in test["inputRepeat"])


def source_bytes(test: dict, name: str) -> bytes:
    return bytes.fromhex(test["hex"]) if "hex" in test else test[name].encode("utf-8")


def said(good: bool, otherwise: str) -> str:
    return "valid" if good else otherwise


def check_canonicalize(test: dict, group: dict) -> str:
    try:
        return said(canonical(read_json(input_text(test)), group["profile"]) == test.get("canonical"), "another text")
    except Refused as refused:
        return refused.reason


def check_in_memory(test: dict, group: dict) -> str:
    try:
        return said(canonical(build_value(test["value"]), group["profile"]) == test.get("canonical"), "another text")
    except Refused as refused:
        return refused.reason


def check_canonical_text(test: dict, group: dict) -> str:
    try:
        text = decode_utf8(source_bytes(test, "text"))
        return said(canonical(read_json(text), group["profile"]) == text, "not_canonical")
    except NotJson:
        return "not_json"
    except Refused as refused:
        return refused.reason


def check_action_digest(test: dict, group: dict) -> str:
    try:
        if group["type"] == "ParamsInMemory":
            preimage = action_preimage(group["action"], build_value(test["value"]))
        else:
            preimage = action_preimage(test["action"], test["params"])
    except Refused as refused:
        return refused.reason
    if digest_of(preimage) != test["digest"]:
        return "digest_mismatch"
    return said(preimage == test["preimage"], "another preimage")


def check_ed25519(test: dict, group: dict) -> str:
    public_key = bytes.fromhex(group["publicKey"]["hex"])
    try:
        check_public_key(public_key)
    except BadKey:
        return "bad_key"
    good = ed25519_verify(public_key, bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
    return said(good, "bad_signature")


def check_signing_input(test: dict, _group: dict) -> str:
    return said(signing_input(test["payloadType"], test["payload"]).hex() == test["hex"], "wrong_input")


def check_thumbprint(test: dict, _group: dict) -> str:
    try:
        key_bytes(test["jwk"])
    except BadKey:
        return "bad_key"
    return said(thumbprint(test["jwk"]) == test["kid"], "bad_key")


def check_base64url(test: dict, _group: dict) -> str:
    try:
        return said(from_base64url(test["text"]).hex() == test.get("hex"), "other bytes")
    except ValueError:
        return "not_base64url"


def check_receipt(test: dict, group: dict) -> str:
    try:
        receipt = read_receipt(source_bytes(test, "line"))
        if receipt.kid != group["kid"]:
            return "unknown_key"
        if receipt.body["type"] == "key":
            read_key(receipt.body["jwk"], receipt.body["kid"])
    except Flaw as flaw:
        return flaw.reason
    if not is_signed(key_bytes(group["jwk"]), receipt):
        return "bad_signature"
    # Whoever has the secret must get the same bytes.
    again = sign_receipt(receipt.body, bytes.fromhex(group["seed"]))
    return said(again == receipt.line, "signed otherwise")


def check_decisions(test: dict, group: dict) -> str:
    """Decides the steps anew, and compares them with what is expected and with what the receipts say."""
    model = GateModel(test)
    for index, step in enumerate(test["steps"]):
        found = model.step(index, step)
        if found != step.get("expected"):
            return f"step {index} came to {json.dumps(found)}"
    wanted = sorted(test["balances"], key=claim_key)
    found = sorted(model.balances(), key=claim_key)
    if found != wanted:
        return f"the balances came to {json.dumps(found)}"
    report = verify(test["receipts"], Options(keys=[group["jwk"]], closed=True))
    if report["verdict"] != "authentic":
        return f"the receipts are not authentic: {report['break']}"
    stands = [{name: value for name, value in balance.items() if name != "limit"} for balance in wanted]
    if sorted(replay_balances(test["receipts"]), key=claim_key) != stands:
        return "the receipts replay to other balances"
    difference = compare_receipts(model, test)
    if difference is not None:
        return difference
    last = list(model.attempts.values())[-1].expected
    return "valid" if last["permitted"] else last["code"]


def compare_receipts(model: GateModel, test: dict) -> str | None:
    """What the receipts of decisions and endings say otherwise than the steps; None when nothing."""
    bodies = [read_receipt(line).body for line in test["receipts"]]
    said = iter([body for body in bodies if body["type"] == "decision"])
    seen: list[Attempt] = []
    for attempt in model.attempts.values():
        if any(attempt is other for other in seen):
            continue  # answered again, which writes no receipt
        seen.append(attempt)
        body = next(said)
        names = ("outcome", "code", "terminal", "rules", "evaluators")
        stated = {name: body["decision"][name] for name in names} | {"claims": body["claims"]}
        stated |= {"exceeded": body["exceeded"]} if "exceeded" in body else {}
        expected = {name: value for name, value in attempt.expected.items() if name not in ("permitted", "enforced")}
        if stated != expected:
            return f"a receipt says {json.dumps(stated)}, not {json.dumps(expected)}"
        if body["action"]["digest"] != attempt.digest:
            return "a receipt is of another action"
        held = attempt.held
        enforced = digest_of_action(held.plan.action) if held and held.plan.rewritten else None
        if body.get("enforced") != enforced:
            return "a receipt enforces another action"
    endings = [body for body in bodies if body["type"] == "settlement" and body["outcome"] != "expired"]
    steps = [step["expected"] for step in test["steps"] if step["do"] in ("settle", "release")]
    stated = [
        {name: body[name] for name in ("outcome", "source", "late", "overage") if name in body}
        | {"amounts": {entry["unit"]: entry["amount"] for entry in body["amounts"]}}
        for body in endings
    ]
    return None if stated == steps and next(said, None) is None else "the endings on record are others"


def check_merkle_root(test: dict, _group: dict) -> str:
    tree = MerkleTree()
    for leaf in test["leaves"]:
        tree.append(bytes.fromhex(leaf))
    return said(f"sha256:{tree.root().hex()}" == test["root"], "bad_root")


def root_bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("sha256:"))


def check_inclusion(test: dict, _group: dict) -> str:
    proof = [bytes.fromhex(hashed) for hashed in test["proof"]]
    leaf, root = bytes.fromhex(test["leaf"]), root_bytes(test["root"])
    return said(verify_inclusion(leaf, test["index"], test["size"], root, proof), "bad_proof")


def check_consistency(test: dict, _group: dict) -> str:
    proof = [bytes.fromhex(hashed) for hashed in test["proof"]]
    old, new = (test["oldSize"], root_bytes(test["oldRoot"])), (test["newSize"], root_bytes(test["newRoot"]))
    return said(verify_consistency(*old, *new, proof), "bad_proof")


def check_signed_note(test: dict, group: dict) -> str:
    name, public_key = parse_note_key(group["key"])
    try:
        return said(is_note_signed(parse_note(test["note"]), name, public_key), "bad_signature")
    except ValueError:
        return "malformed"


def check_receipt_proof(test: dict, _group: dict) -> str:
    try:
        found = verify_proof(test["proof"], Options(**test["options"]))
    except Flaw as flaw:
        return flaw.reason
    return said(found == (test["verdict"], test["receipt"]), "another verdict or receipt")


def check_chain(test: dict, _group: dict) -> str:
    report = verify(test["lines"], Options(**test["options"]))
    if report["break"] is not None:
        del report["break"]["message"]
    if report != test["report"]:
        return f"another report: {json.dumps(report)}"
    return "valid" if report["break"] is None else report["break"]["reason"]


CHECKS = {
    "Canonicalize": check_canonicalize,
    "InMemoryValue": check_in_memory,
    "CanonicalText": check_canonical_text,
    "ActionDigest": check_action_digest,
    "ParamsInMemory": check_action_digest,
    "Ed25519Verify": check_ed25519,
    "SigningInput": check_signing_input,
    "KeyThumbprint": check_thumbprint,
    "Base64url": check_base64url,
    "Receipt": check_receipt,
    "VerifyChain": check_chain,
    "MerkleRoot": check_merkle_root,
    "Inclusion": check_inclusion,
    "Consistency": check_consistency,
    "SignedNote": check_signed_note,
    "ReceiptProof": check_receipt_proof,
    "Decisions": check_decisions,
}


def run_vectors(path: Path) -> dict:
    """Runs a file of vectors; answers how many there were and which came out otherwise."""
    file = json.loads(path.read_text("utf-8"))
    report: dict = {"file": path.name, "valid": 0, "invalid": 0, "wrong": [], "skipped": []}
    for group in file["testGroups"]:
        check = CHECKS[group["type"]]
        for test in group["tests"]:
            report[test["result"]] += 1
            expected = test.get("reason", "valid")
            try:
                found = check(test, group)
            except ZoneInfoNotFoundError as error:
                report["skipped"].append(f"tcId {test['tcId']}, {test['comment']}: {error}")
                continue
            if found != expected:
                report["wrong"].append(f"tcId {test['tcId']}, {test['comment']}: {found}, not {expected}")
    count = report["valid"] + report["invalid"]
    if count != file["numberOfTests"]:
        report["wrong"].append(f"{count} tests, not {file['numberOfTests']}")
    return report


# ---------------------------------------------------------------------------------------------------------------
# Data of others


def run_wycheproof(path: Path) -> dict:
    """Project Wycheproof's ed25519_test.json. It takes no point of small order for valid, so neither do we."""
    file = json.loads(path.read_text("utf-8"))
    report: dict = {"file": path.name, "valid": 0, "invalid": 0, "wrong": []}
    for group in file["testGroups"]:
        public_key = bytes.fromhex(group["publicKey"]["pk"])
        for test in group["tests"]:
            report[test["result"]] += 1
            try:
                check_public_key(public_key)
                good = ed25519_verify(public_key, bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
            except BadKey:
                good = False
            if good != (test["result"] == "valid"):
                report["wrong"].append(f"tcId {test['tcId']}, {test['comment']}: {good}")
    if report["valid"] + report["invalid"] != file["numberOfTests"]:
        report["wrong"].append(f"not {file['numberOfTests']} tests")
    return report


def run_rfc8785(folder: Path) -> dict:
    """RFC 8785's own test data: input/*.json, outhex/*.txt. What the profile of receipts refuses is listed."""
    report: dict = {"file": "rfc8785", "valid": 0, "invalid": 0, "wrong": [], "refused": {}}
    for source in sorted((folder / "input").glob("*.json")):
        value = read_json(decode_utf8(source.read_bytes()))
        expected = bytes.fromhex((folder / "outhex" / f"{source.stem}.txt").read_text("ascii"))
        report["valid"] += 1
        if canonical(value, "json").encode("utf-8") != expected:
            report["wrong"].append(f"{source.name} comes out otherwise")
        try:
            canonical(value, "receipt")
        except Refused as refused:
            report["refused"][source.stem] = refused.reason
    return report


# ---------------------------------------------------------------------------------------------------------------
# The command


class Usage(Exception):
    """What the caller can put right: told in one line, without a stack."""


MAX_LINE = 16 * 1024 * 1024


def lines_of(stream) -> object:
    """The lines of a binary stream: only a line feed ends one, and what follows the last is one, too."""
    while line := stream.readline(MAX_LINE + 2):
        line = line.removesuffix(b"\n")
        if len(line) > MAX_LINE:
            raise Usage("a line is longer than 16 MiB: this is no receipt file")
        yield line


def jwk_of(text: str) -> dict:
    """A key as a JWK, the path of a file with one, or the `x` of one."""
    if re.fullmatch(r"[A-Za-z0-9_-]{43}", text):
        return {"kty": "OKP", "crv": "Ed25519", "x": text}
    try:
        value = json.loads(text if text.lstrip().startswith("{") else Path(text).read_text("utf-8"))
        jwk = {name: value[name] for name in ("kty", "crv", "x")}
        key_bytes(jwk)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Usage(f"{text!r} is no key: give a JWK, the path of one, or its x ({error})") from None
    return jwk


def head_of(text: str) -> dict:
    match = re.fullmatch(r"(.+):([0-9]{1,16}):(sha256:[0-9a-f]{64})", text)
    if match is None:
        raise Usage(f"{text!r} is no head: write chain:seq:sha256:hex")
    return {"chain": match[1], "seq": int(match[2]), "digest": match[3]}


def revocation_of(text: str) -> dict:
    kid, _, since = text.partition("@")
    if not is_thumbprint(kid) or (since and not is_time(since)):
        raise Usage(f"{text!r} is no revocation: write kid, or kid@2026-01-01T00:00:00.000Z")
    return {"kid": kid, "since": since} if since else {"kid": kid}


def run_chain(arguments: argparse.Namespace) -> int:
    options = Options(
        keys=None if arguments.key is None else [jwk_of(text) for text in arguments.key],
        revoked=[revocation_of(text) for text in arguments.revoked],
        heads=[head_of(text) for text in arguments.head],
        closed=arguments.closed,
        partial=arguments.partial,
        trimmed=arguments.trimmed,
        timeToleranceMs=arguments.time_tolerance_ms,
    )
    try:
        verifier = Verifier(options)
    except Flaw as flaw:
        raise Usage(f"the heads contradict each other: {flaw}") from None
    with sys.stdin.buffer if arguments.file == "-" else open(arguments.file, "rb") as stream:
        for line in lines_of(stream):
            if not verifier.take(line):
                break
    report = verifier.report()
    if arguments.json:
        print(json.dumps(report))
    else:
        broken = report["break"]
        counts = f"{report['receipts']} receipts, {len(report['chains'])} chains, {report['open']} open"
        print(f"{report['verdict']}: {counts}")
        if broken:
            print(f"{broken['reason']} at line {broken['index'] + 1}, chain {broken['chain']}, "
                  f"seq {broken['seq']}: {broken['message']}")
    return 1 if report["break"] else 0


def run_proof(arguments: argparse.Namespace) -> int:
    options = Options(
        keys=None if arguments.key is None else [jwk_of(text) for text in arguments.key],
        revoked=[revocation_of(text) for text in arguments.revoked],
    )
    with sys.stdin.buffer if arguments.file == "-" else open(arguments.file, "rb") as stream:
        data = stream.read(2 * MAX_LINE)
    try:
        verdict, line = verify_proof(decode_utf8(data), options)
    except NotJson as error:
        print(f"broken: malformed: {error}")
        return 1
    except Flaw as flaw:
        print(f"broken: {flaw.reason}: {flaw}")
        return 1
    print(f"{verdict}: {line}")
    return 0


def run_all(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.folder)
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise Usage(f"there are no vectors in {folder}")
    return print_reports([run_vectors(path) for path in paths], arguments.json)


def print_reports(reports: list[dict], as_json: bool) -> int:
    if as_json:
        print(json.dumps(reports))
    else:
        for report in reports:
            counts = f"{report['valid']} valid, {report['invalid']} invalid, {len(report['wrong'])} wrong"
            print(f"{report['file']}: {counts}")
            for wrong in report["wrong"]:
                print(f"  {wrong}")
            for note in report.get("skipped", []):
                print(f"  skipped: {note}")
            for name, reason in report.get("refused", {}).items():
                print(f"  {name}: refused by the receipts' profile, {reason}")
    return 1 if any(report["wrong"] for report in reports) else 0


def run_sign(arguments: argparse.Namespace) -> int:
    if not re.fullmatch(r"[0-9a-f]{64}", arguments.seed):
        raise Usage("--seed is 64 hex digits")
    try:
        body = read_json(decode_utf8(sys.stdin.buffer.read()))
        print(sign_receipt(body, bytes.fromhex(arguments.seed)))
    except (NotJson, Refused) as error:
        raise Usage(f"the body cannot be signed: {error}") from None
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    chain = commands.add_parser("chain", help="verify a file of receipts")
    chain.add_argument("file")
    chain.add_argument("--key", action="append", help="a trusted key: a JWK, the path of one, or its x")
    chain.add_argument("--revoked", action="append", default=[], metavar="KID[@TIME]")
    chain.add_argument("--head", action="append", default=[], metavar="CHAIN:SEQ:DIGEST")
    chain.add_argument("--closed", action="store_true", help="every chain must end with its close")
    chain.add_argument("--partial", action="store_true", help="chains that checkpoints name may be absent")
    chain.add_argument("--trimmed", action="store_true", help="the beginnings of chains may have been dropped")
    chain.add_argument("--time-tolerance-ms", type=int, default=0)
    chain.add_argument("--json", action="store_true")
    chain.set_defaults(run=run_chain)
    proof = commands.add_parser("proof", help="verify the proof of one receipt")
    proof.add_argument("file")
    proof.add_argument("--key", action="append", help="as for chain")
    proof.add_argument("--revoked", action="append", default=[], metavar="KID[@TIME]")
    proof.set_defaults(run=run_proof)
    vectors = commands.add_parser("vectors", help="run every published vector")
    vectors.add_argument("folder", nargs="?", default=str(Path(__file__).resolve().parent.parent))
    vectors.add_argument("--json", action="store_true")
    vectors.set_defaults(run=run_all)
    sign = commands.add_parser("sign", help="sign the body on standard input")
    sign.add_argument("--seed", required=True, metavar="HEX")
    sign.set_defaults(run=run_sign)
    for name, run in (("wycheproof", run_wycheproof), ("rfc8785", run_rfc8785)):
        data = commands.add_parser(name)
        data.add_argument("path", type=Path)
        data.add_argument("--json", action="store_true")
        data.set_defaults(run=lambda arguments, run=run: print_reports([run(arguments.path)], arguments.json))
    arguments = parser.parse_args()
    try:
        return arguments.run(arguments)
    except Usage as error:
        print(f"verify.py: {error}", file=sys.stderr)
    except OSError as error:
        print(f"verify.py: {error.filename or 'input'}: {error.strerror}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
