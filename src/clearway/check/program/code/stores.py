"""Statements that put something where it outlives them: into attributes, and into collections that are attributes."""

from __future__ import annotations

import ast

from clearway.check.program.code.scopes import element_put


def element_store(node: ast.AST) -> tuple[ast.Attribute, ast.expr] | None:
    """`self.x[key] = value`, `self.x.append(value)`: the attribute and what is put into it."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Attribute):
            return target.value, node.value
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Attribute)
    ):
        put = element_put(node)
        return (node.func.value, put) if put is not None else None
    return None


def own_key(node: ast.Assign) -> str | None:
    """`self.x[value.name] = value`: the attribute by which a value is kept."""
    match node:
        case ast.Assign(
            targets=[ast.Subscript(slice=ast.Attribute(value=ast.Name(id=keyed), attr=name))], value=ast.Name(id=value)
        ) if keyed == value:
            return name
        case _:
            return None


def attribute_stores(
    node: ast.AST,
) -> list[tuple[ast.Attribute, ast.expr | None, ast.expr | None, tuple[int, ...]]]:
    """The attributes that a statement sets."""
    if isinstance(node, ast.Expr) and (by_name := _set_by_name(node.value)) is not None:
        return [by_name]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute):
        return [(node.target, node.value, node.annotation, ())]
    if isinstance(node, ast.AugAssign):
        return [(node.target, None, None, ())] if isinstance(node.target, ast.Attribute) else []
    found: list[tuple[ast.Attribute, ast.expr | None, ast.expr | None, tuple[int, ...]]] = []
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Attribute):
                found.append((target, node.value, None, ()))
            elif isinstance(target, ast.Tuple | ast.List):
                found.extend(
                    (part, node.value, None, (index,))
                    for index, part in enumerate(target.elts)
                    if isinstance(part, ast.Attribute)
                )
    elif isinstance(node, ast.With | ast.AsyncWith):
        # `with f() as self.x`: entering mostly gives the object itself.
        found.extend(
            (item.optional_vars, item.context_expr, None, ())
            for item in node.items
            if isinstance(item.optional_vars, ast.Attribute)
        )
    return found


def _set_by_name(call: ast.expr) -> tuple[ast.Attribute, ast.expr, None, tuple[int, ...]] | None:
    """`object.__setattr__(self, "_function", function)`, `setattr(self, "name", value)`."""
    match call:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="object"), attr="__setattr__") | ast.Name(id="setattr"),
            args=[owner, ast.Constant(value=str(name)), value],
        ):
            return ast.copy_location(ast.Attribute(owner, name, ast.Store()), call), value, None, ()
        case _:
            return None
