"""What names of a module are bound to, as far as edits need it: its imports, and whether a name is anything else."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import libcst as cst
from libcst import helpers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearway.check.fix.tree import Tree

_TARGETS = (cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.For, cst.CompFor, cst.NamedExpr)
_ALWAYS_BINDS = (
    cst.AsName,
    cst.Del,
    cst.NameItem,
    cst.MatchAs,
    cst.MatchStar,
    cst.MatchMapping,
    cst.TypeVar,
    cst.TypeVarTuple,
    cst.ParamSpec,
)
_IMPORTS = (cst.Import, cst.ImportFrom, cst.LazyImport, cst.LazyImportFrom)
Import = cst.Import | cst.ImportFrom | cst.LazyImport | cst.LazyImportFrom
Scope = cst.FunctionDef | cst.Lambda | cst.ClassDef | cst.Module


@dataclass(frozen=True, slots=True)
class Imported:
    """A name that an import binds."""

    local: str
    target: str
    """Dotted, what it is bound to: `asyncio`, `time.sleep`."""
    statement: Import
    alias: cst.ImportAlias
    scope: Scope
    line: cst.SimpleStatementLine | None
    """The line of it where it stands on one of its own."""


class Names:
    """The names of a tree."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.imported: dict[str, list[Imported]] = defaultdict(list)
        self.uses: dict[str, list[cst.Name]] = defaultdict(list)
        """Reads of a name."""
        self._bound: dict[str, list[Scope | None]] = defaultdict(list)
        """Where a name is bound by anything but an import; None for `global` and `nonlocal`."""
        self.strings = [node.value for node in tree.nodes(cst.SimpleString)]
        """Every string literal as it is written."""
        imports: list[Import] = [*tree.nodes(cst.Import), *tree.nodes(cst.ImportFrom)]
        imports += (*tree.nodes(cst.LazyImport), *tree.nodes(cst.LazyImportFrom))
        for statement in imports:
            self._note_import(statement)
        for name in tree.nodes(cst.Name):
            self._note_name(name)

    def bound_elsewhere(self, name: str) -> bool:
        """Whether anything but an import binds the name, anywhere in the module."""
        return bool(self._bound[name])

    def means(self, name: str, target: str, at: cst.CSTNode) -> bool:
        """Whether the name, read at this node, is bound to this target for certain."""
        return self._meaning(name, target, at) == "bound"

    def free_for(self, name: str, target: str, at: cst.CSTNode) -> bool:
        """Whether the name, read at this node, is bound to this target once the module imports it."""
        return self._meaning(name, target, at) in ("bound", "unbound")

    def locals_of(self, target: str) -> list[str]:
        """The names that imports bind to this target, its own name first."""
        found = [local for local, imports in self.imported.items() if any(each.target == target for each in imports)]
        return sorted(found, key=lambda local: (local != target, local))

    def _meaning(self, name: str, target: str, at: cst.CSTNode) -> Literal["bound", "unbound", "other"]:
        if None in self._bound[name]:
            return "other"
        for scope in scopes(self._tree, at):
            imported = [each for each in self.imported[name] if each.scope is scope]
            others = [each for each in self._bound[name] if each is scope]
            if others or any(each.target != target for each in imported):
                return "other"
            if isinstance(scope, cst.Module):
                return "bound" if any(self._is_certain(each, at) for each in imported) else "unbound"
            if imported:
                return "bound" if any(self._is_certain(each, at) for each in imported) else "other"
        return "unbound"

    def _is_certain(self, imported: Imported, at: cst.CSTNode) -> bool:
        """Whether the import has run when the node does: no branch leads around it, and it comes first."""
        if imported.line is None:
            return False
        parent = self._tree.parents[imported.line]
        if isinstance(parent, cst.IndentedBlock):
            parent = self._tree.parents[parent]
        if parent is not imported.scope:
            return False
        later = next(scopes(self._tree, at)) is not imported.scope
        return later or self._tree.span(imported.line)[0] < self._tree.span(at)[0]

    def _note_import(self, node: Import) -> None:
        if isinstance(node.names, cst.ImportStar):
            return
        parent = self._tree.parents[node]
        line = parent if isinstance(parent, cst.SimpleStatementLine) else None
        scope = next(scopes(self._tree, node))
        prefix = ""
        if isinstance(node, (cst.ImportFrom, cst.LazyImportFrom)):
            module = helpers.get_full_name_for_node(node.module) if node.module else None
            prefix = "." * len(node.relative) + (module or "") + "."
        for alias in node.names:
            name = alias.evaluated_name
            local = alias.evaluated_alias or name
            if not prefix and alias.asname is None:  # `import a.b` binds `a`
                local = name = name.partition(".")[0]
            self.imported[local].append(Imported(local, prefix + name, node, alias, scope, line))

    def _note_name(self, node: cst.Name) -> None:
        parent = self._tree.parents[node]
        is_attribute = isinstance(parent, cst.Attribute) and parent.attr is node
        is_keyword = isinstance(parent, cst.Arg) and parent.keyword is node
        if is_attribute or is_keyword or self._is_in_import(node):
            return
        if isinstance(parent, (cst.FunctionDef, cst.ClassDef)) and parent.name is node:
            self._bound[node.value].append(next(scopes(self._tree, parent)))
        elif isinstance(parent, cst.Param) and parent.name is node:
            owners = (above for _, above in self._tree.ancestors(node))
            owner = next(above for above in owners if isinstance(above, cst.FunctionDef | cst.Lambda))
            self._bound[node.value].append(owner)
        elif isinstance(parent, cst.NameItem):
            self._bound[node.value].append(None)
        elif self._is_target(node):
            self._bound[node.value].append(next(scopes(self._tree, node)))
        else:
            self.uses[node.value].append(node)

    def _is_in_import(self, node: cst.Name) -> bool:
        for _, parent in self._tree.ancestors(node):
            if not isinstance(parent, cst.Attribute | cst.AsName | cst.ImportAlias):
                return isinstance(parent, _IMPORTS)
        return False

    def _is_target(self, node: cst.Name) -> bool:
        """Whether this name is bound where it stands, alone or in a tuple or list of names."""
        for child, parent in self._tree.ancestors(node):
            if isinstance(parent, _TARGETS):
                return parent.target is child
            if isinstance(parent, _ALWAYS_BINDS):
                return True
            if not isinstance(parent, (cst.Tuple, cst.List, cst.Element, cst.StarredElement)):
                return False
        return False


def scopes(tree: Tree, node: cst.CSTNode) -> Iterator[Scope]:
    """The scopes whose names are seen at this node, innermost first, the module last.

    A class counts only for what stands in it directly. Comprehensions count as part of what they stand in.
    """
    innermost = True
    for child, parent in tree.ancestors(node):
        if not isinstance(parent, cst.FunctionDef | cst.Lambda | cst.ClassDef) or parent.body is not child:
            continue
        if innermost or not isinstance(parent, cst.ClassDef):
            yield parent
        innermost = False
    yield tree.module
