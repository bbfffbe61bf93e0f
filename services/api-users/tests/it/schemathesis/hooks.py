"""What schemathesis cannot know of the members' API: who may call what, who is a member, and what no schema can say."""

import itertools
import json
import os
import re

import requests
import schemathesis
from hypothesis import strategies as st

API = os.environ["KAIIN_API"]
TOKENS = json.loads(os.environ["KAIIN_TOKENS"])
LUID = re.compile(r"[A-Za-z0-9_-]{1,80}\Z")
PURPOSE = re.compile(r"[a-z0-9-]{1,40}\Z")
TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]\Z")
KEY = re.compile(r"[!-~]{1,255}\Z")
NUMBERS = itertools.count(1)

schemathesis.openapi.format(
    "iana-time-zone",
    st.sampled_from(["Asia/Taipei", "Asia/Tokyo", "Asia/Bangkok", "Europe/London", "UTC"]),
)


@schemathesis.auth(refresh_interval=None)
class Token:
    """Each operation is called by the first role that may."""

    def get(self, case, context):
        roles = case.operation.definition.raw.get("x-roles")
        return TOKENS[roles[0]] if roles else None

    def set(self, case, token, context):
        if token:
            case.headers["Authorization"] = f"Bearer {token}"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Most requests are about somebody who has just registered; every fourth is about a stranger."""
    number = next(NUMBERS)
    luid = (case.path_parameters or {}).get("luid")
    if isinstance(luid, str) and LUID.match(luid) and number % 4:
        member = f"U{number}"
        requests.post(
            f"{API}/register",
            json={"luid": member, "display_name": "Alice", "language": "zh-TW"},
            headers={"Authorization": f"Bearer {TOKENS['admin']}"},
            timeout=10,
        ).raise_for_status()
        case.path_parameters["luid"] = member
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and KEY.match(key):
        case.headers["Idempotency-Key"] = f"{number}-{key}"[:255]
    case.body = mended(case.body)


def mended(value):
    """What a schema lets pass and the service, rightly, does not; whatever else is wrong with it stays wrong."""
    if isinstance(value, list):
        return [mended(renamed(each, index)) for index, each in enumerate(value)]
    if isinstance(value, dict):
        value = {name: mended(each) for name, each in value.items()}
        if "from" in value and value["from"] == value.get("until"):
            value["until"] = "12:34" if TIME.match(str(value["until"])) else value["until"]
        return value
    # To a schema 3.0 is an integer; here it has to be written as one.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def renamed(consent, index):
    """Consents of a list are each of another purpose."""
    purpose = consent.get("purpose") if isinstance(consent, dict) else None
    if isinstance(purpose, str) and PURPOSE.match(purpose):
        return consent | {"purpose": f"{index}-{purpose}"[:40]}
    return consent


def long_in_code_points_alone(text, most):
    """The service counts graphemes, a schema code points: what is few of the ones and many of the others is let be."""
    return isinstance(text, str) and len(text) > most and not text.isascii()


@schemathesis.hook
def filter_body(context, body):
    name = body.get("display_name") if isinstance(body, dict) else None
    return not long_in_code_points_alone(name, 50)


@schemathesis.hook
def filter_path_parameters(context, path_parameters):
    return not long_in_code_points_alone((path_parameters or {}).get("tag"), 40)
