"""What dictionaries hold at which keys."""

from __future__ import annotations

from clearway.check.program.values.kinds import ConstantV, DictV, InstanceV, Value, Values
from clearway.check.program.values.sets import UNKNOWN


def key_of(value: Value) -> tuple[object] | None:
    """What a value is as a key: constants and members of enumerations can be told apart."""
    if isinstance(value, ConstantV):
        return (value.value,)
    if isinstance(value, InstanceV) and value.is_member and value.site is not None:
        return (("member", value.cls.id, value.cls.member_values[value.site]),)
    return None


def keys_of(held: DictV) -> Values:
    """What iterating over a dictionary gives: its keys, where they are text. Others may be objects of any kind."""
    keys = frozenset(ConstantV(key) for key, _ in held.items if isinstance(key, str))
    return UNKNOWN if held.other or len(keys) < len(held.items) else keys


def held_at(held: DictV, asked: Values) -> Values:
    """What a dictionary has at these keys; nothing where that cannot be told."""
    known = [key_of(one) for one in asked]
    keys = {key[0] for key in known if key is not None}
    if None in known and any(isinstance(one, InstanceV) for one in asked):
        return UNKNOWN  # some member of the enumeration
    return frozenset().union(*(values for key, values in held.items if key in keys))
