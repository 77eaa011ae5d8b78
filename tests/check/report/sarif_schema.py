"""The part of SARIF 2.1.0 that Clearway writes, as a JSON Schema of our own: nothing else is allowed.

It was held against the official schema; `CLEARWAY_SARIF_SCHEMA=FILE pytest tests/check/report` does it again.
"""

from __future__ import annotations

from typing import Any


def closed(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "properties": required | optional,
        "required": list(required),
        "additionalProperties": False,
    }


def many(items: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


STRING = {"type": "string"}
MESSAGE = closed({"text": STRING})
LEVEL = {"enum": ["none", "note", "warning", "error"]}

INSTALLED = closed({"uri": {"type": "string", "pattern": r"^file:///([A-Za-z0-9\-._~/]|%[0-9A-F]{2})+$"}})
OWN = closed(
    {
        # A relative reference of RFC 3986: no scheme, no backslash, nothing that has to be encoded.
        "uri": {"type": "string", "pattern": r"^(?!/)(?![^/]*:)([A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-F]{2})+$"},
        "uriBaseId": {"const": "%SRCROOT%"},
    }
)
ARTIFACT = {"oneOf": [OWN, INSTALLED]}
PHYSICAL = closed({"artifactLocation": ARTIFACT}, region=closed({"startLine": {"type": "integer", "minimum": 1}}))
LOCATION = closed(
    {"physicalLocation": PHYSICAL},
    logicalLocations=many(closed({"fullyQualifiedName": STRING, "kind": {"const": "function"}}), 1),
    message=MESSAGE,
)
RULE = closed(
    {"id": STRING},
    name=STRING,
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=closed({"text": STRING, "markdown": STRING}),
)
NOTIFICATION = closed({"message": MESSAGE, "level": LEVEL}, locations=many(LOCATION))
RESULT = closed(
    {
        "ruleId": STRING,
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": MESSAGE,
        "locations": many(LOCATION, 1),
        "codeFlows": many(
            closed({"threadFlows": many(closed({"locations": many(closed({"location": LOCATION}), 1)}), 1)}), 1
        ),
        "partialFingerprints": {"type": "object", "additionalProperties": STRING, "minProperties": 1},
    },
    properties={"type": "object", "additionalProperties": STRING},
)
RUN = closed(
    {
        "tool": closed({"driver": closed({"name": STRING, "version": STRING, "rules": many(RULE)})}),
        "columnKind": {"const": "unicodeCodePoints"},
        "invocations": many(
            closed({"executionSuccessful": {"type": "boolean"}, "toolExecutionNotifications": many(NOTIFICATION)}), 1
        ),
        "results": many(RESULT),
    }
)
LOG = closed({"$schema": STRING, "version": {"const": "2.1.0"}, "runs": many(RUN, 1)})
