#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares floe's Jinja interpreter with the real Jinja2 on a table of templates and on random programs.

usage: differential.py EVALUATOR [--seed N] [--count N] [--messages] [--show N]

EVALUATOR is the jinja_eval test tool. Without an importable jinja2 the test is skipped (exit 77).
"""

import argparse
import datetime
import itertools
import json
import pathlib
import random
import re
import subprocess
import sys
import warnings

warnings.simplefilter("ignore")  # Jinja2's generated code makes Python warn

try:
    import jinja2
    import jinja2.ext
    import jinja2.nodes
    import jinja2.parser
    import jinja2.sandbox
except ImportError as problem:
    print(f"skipped: {problem}")
    sys.exit(77)

CONTEXT = {
    "n": 7, "neg": -3, "zero": 0, "big": 2**70, "f": 2.5, "half": 0.1, "t": True, "no": False,
    "nothing": None, "s": "Hello World", "empty": "", "uni": "Grüße, Ωmega ßtraße", "html": "<b>&'x'\"</b>",
    "words": ["pear", "Apple", "fig", "apple", "Banana"], "nums": [3, 1, 2, 10, 2], "none_list": [],
    "d": {"b": 1, "a": [1, 2], "items2": {"x": 1.5}}, "nested": [[1, 2], [3, [4, 5]]],
    "users": [{"name": "Zoe", "age": 31, "tags": ["x"]}, {"name": "bob", "age": 25, "tags": []},
              {"name": "Al", "age": 31, "tags": ["y", "z"]}],
    "lines": "one\ntwo\n\n  three", "path": "a/b/c.txt", "pct": "%s-%d",
}


def make_modules():
    """What dbt calls `modules`."""
    names = ["count", "cycle", "repeat", "accumulate", "chain", "compress", "islice", "starmap", "tee", "zip_longest",
             "product", "permutations", "combinations", "combinations_with_replacement"]
    modules = {
        "datetime": {name: getattr(datetime, name) for name in ("date", "datetime", "time", "timedelta", "tzinfo")},
        "re": {name: getattr(re, name) for name in re.__all__},
        "itertools": {name: getattr(itertools, name) for name in names},
    }
    try:
        import pytz
        modules["pytz"] = {name: getattr(pytz, name) for name in pytz.__all__}
    except ImportError as problem:
        print(f"note: {problem}")
    return modules


class NamePrefixParser(jinja2.parser.Parser):
    """Macros get dbt's prefix and may annotate their parameters."""

    def parse_macro(self):
        node = super().parse_macro()
        node.name = "dbt_macro__" + node.name
        return node

    def parse_signature(self, node):
        node.args, node.defaults = [], []
        self.stream.expect("lparen")
        while self.stream.current.type != "rparen":
            if node.args:
                self.stream.expect("comma")
            arg = self.parse_assign_target(name_only=True)
            arg.set_ctx("param")
            if self.stream.skip_if("colon"):
                self.skip_annotation()
            if self.stream.skip_if("assign"):
                node.defaults.append(self.parse_expression())
            elif node.defaults:
                self.fail("non-default argument follows default argument")
            node.args.append(arg)
        self.stream.expect("rparen")

    def skip_annotation(self):
        self.stream.expect("name")
        if self.stream.skip_if("lbracket"):
            first = True
            while self.stream.current.type != "rbracket":
                if not first:
                    self.stream.expect("comma")
                first = False
                self.skip_annotation()
            self.stream.expect("rbracket")


class Environment(jinja2.sandbox.SandboxedEnvironment):
    def _parse(self, source, name, filename):
        return NamePrefixParser(self, source, name, filename).parse()


def make_environment():
    environment = Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])
    for name in ("as_text", "as_bool", "as_native", "as_number"):
        environment.filters[name] = lambda value: value
    environment.filters["is_list"] = lambda value: isinstance(value, list)
    return environment


def expected(environment, template):
    try:
        context = json.loads(json.dumps(CONTEXT))
        rendered = environment.from_string(template).render(context, modules=make_modules())
        return {"ok": True, "output": rendered}
    except SyntaxError as error:  # from the Python code that Jinja2 makes
        return {"ok": False, "type": "TemplateAssertionError", "message": error.msg}
    except RecursionError as error:
        return {"ok": False, "type": "RecursionError", "message": str(error)}
    except Exception as error:  # whatever Python raises is the expected answer
        name = "KeyError" if isinstance(error, KeyError) else type(error).__name__
        message = error.message if isinstance(error, jinja2.TemplateError) else str(error)
        return {"ok": False, "type": name, "message": message}


# --- Random programs --------------------------------------------------------------------------

NAMES = ["n", "neg", "zero", "f", "half", "t", "no", "nothing", "s", "empty", "uni", "words", "nums",
         "none_list", "d", "nested", "users", "missing", "big", "html", "lines", "x", "y"]
BINARY = ["+", "-", "*", "/", "//", "%", "~", "and", "or", "==", "!=", "<", "<=", ">", ">=", "in", "not in"]
FILTERS = ["upper", "lower", "length", "list", "first", "last", "sort", "join(',')", "default('D')", "string",
           "int", "float", "round", "round(1)", "abs", "trim", "title", "capitalize", "reverse|list", "unique|list",
           "replace('e','E')", "tojson", "min", "max", "sum", "e", "indent(2)", "truncate(8)", "wordcount",
           "batch(2)|list", "slice(2)|list", "map('string')|list", "select|list", "reject('none')|list", "dictsort",
           "items|list", "center(12)", "format(1, 2)", "default(3, true)", "int(9)", "sort(reverse=true)",
           "map(attribute='name')|list", "selectattr('age', 'gt', 26)|list", "groupby('age')", "join", "urlencode",
           "pprint", "wordwrap(7)", "striptags", "filesizeformat", "length > 2", "d(0)", "count", "attr('name')"]
TESTS = ["defined", "none", "string", "number", "mapping", "sequence", "iterable", "odd", "even", "divisibleby 3",
         "true", "false", "boolean", "integer", "float", "lower", "upper", "callable", "undefined", "in [1, 2]",
         "eq 3", "sameas none", "gt 2", "escaped"]
METHODS = ["upper()", "split()", "split('o')", "strip()", "replace('l', 'L', 1)", "startswith('H')", "endswith('d')",
           "find('o')", "count('l')", "index('o')", "title()", "swapcase()", "zfill(14)", "center(20, '*')",
           "partition(' ')", "rsplit(None, 1)", "join(['a', 'b'])", "isdigit()", "splitlines()", "keys()|list",
           "values()|list", "items()|list", "get('a')", "get('q', 5)", "copy()", "append(1)", "pop()",
           "format(1)", "isupper()", "casefold()", "expandtabs(4)", "is_integer()"]


class Generator:
    def __init__(self, rng):
        self.rng = rng

    def literal(self):
        return self.rng.choice(["1", "0", "-2", "3.5", "1e3", "1_000", "0x1f", "'a'", "'é'", "\"q\\n\"", "true", "none",
                                "[1, 2]", "(1,)", "()", "{'k': 1}", "[]", "''", "2 ** 3", "10 ** 20", "'x' 'y'"])

    def expression(self, depth):
        rng = self.rng
        if depth <= 0:
            return rng.choice(NAMES) if rng.random() < 0.6 else self.literal()
        kind = rng.randrange(14)
        sub = lambda: self.expression(depth - 1)
        if kind < 3:
            return f"({sub()} {rng.choice(BINARY)} {sub()})"
        if kind == 3:
            return f"{sub()} {rng.choice(BINARY)} {sub()}"
        if kind == 4:
            return f"(not {sub()})"
        if kind == 5:
            return f"(-{self.expression(0)})"
        if kind in (6, 7):
            return f"({sub()})|{rng.choice(FILTERS)}"
        if kind == 8:
            negation = rng.choice(["", "not "])
            return f"({sub()} is {negation}{rng.choice(TESTS)})"
        if kind == 9:
            return f"({sub()}).{rng.choice(METHODS)}"
        if kind == 10:
            return f"({sub()} if {sub()} else {sub()})"
        if kind == 11:
            # Never a constant: Jinja2 slices those ahead of time, with rules of their own.
            return f"({rng.choice(NAMES)} or {sub()})[{rng.choice(['0', '-1', '1:', ':2', '::-1', '::2', repr('a'), '5', 'n', ':-1'])}]"
        if kind == 12:
            return f"[{sub()}, {sub()}]"
        if rng.random() < 0.7:
            return f"({sub()}, {sub()})"
        # Unhashable constant keys stop Jinja2's compiler, dead code or not: out of scope here.
        key = rng.choice(["1", "'q'", "none", "(1, 2)", "2.5"])
        return "{" + f"'k': {sub()}, {key}: {sub()}" + "}"

    def space(self, text):
        left = self.rng.choice(["", "", "", "-", "+"])
        right = self.rng.choice(["", "", "", "-"])
        return "{%" + left + " " + text + " " + right + "%}"

    def statement(self, depth):
        rng = self.rng
        kind = rng.randrange(12) if depth > 0 else rng.randrange(3)
        expression = lambda: self.expression(rng.randrange(3))
        body = lambda: self.block(depth - 1)
        if kind == 0:
            return rng.choice(["text ", "\n", "  ", "a\n  b", "{# note #}", "{#- note -#} "])
        if kind in (1, 2):
            return "{{ " + expression() + " }}"
        if kind == 3:
            return self.space(f"set {rng.choice('xyz')} = {expression()}")
        if kind == 4:
            return self.space(f"if {expression()}") + body() + self.space(f"elif {expression()}") + body() + \
                self.space("else") + body() + self.space("endif")
        if kind in (5, 6):
            inside = body() + "{{ " + rng.choice(["loop.index", "loop.last", "x", "loop.revindex", "loop.length",
                                                  "loop.cycle('a', 'b')", "loop.previtem", "loop.nextitem",
                                                  "loop.first", "loop.changed(x)", "loop"]) + " }}"
            if rng.random() < 0.2:
                inside += self.space(f"if {expression()}") + self.space(rng.choice(["break", "continue"])) + \
                    self.space("endif")
            condition = f" if {expression()}" if rng.random() < 0.3 else ""
            otherwise = self.space("else") + body() if rng.random() < 0.4 else ""
            source = rng.choice(["nums", "words", "users", "range(3)", "d", "[1, 2]", "s", "nums|map('string')", "[]",
                                 "missing", "none", expression()])
            return self.space(f"for x in {source}{condition}") + inside + otherwise + self.space("endfor")
        if kind == 7:
            name = rng.choice("mk")
            return self.space(f"macro {name}(x, y={self.literal()})") + body() + \
                rng.choice(["", "{{ varargs }}", "{{ kwargs }}", "{{ caller is defined }}"]) + \
                self.space("endmacro") + "{{ dbt_macro__" + name + \
                rng.choice(["()", f"({expression()})", "(1, 2)", "(1, 2, 3)", "(y=4)", "(1, q=2)"]) + " }}"
        if kind == 8:
            return self.space(f"set {rng.choice('xy')}{rng.choice(['', ' | upper'])}") + body() + self.space("endset")
        if kind == 9:
            return self.space("with x = " + expression() + ", y = x") + body() + self.space("endwith")
        if kind == 10:
            return self.space("set ns = namespace(v=1)") + self.space(f"for q in nums") + \
                self.space("set ns.v = ns.v + q") + self.space("endfor") + "{{ ns.v }}"
        return self.space(f"filter {rng.choice(['upper', 'trim', 'replace(chr, 1)', 'indent'])}") + body() + \
            self.space("endfilter")

    def block(self, depth):
        return "".join(self.statement(depth) for _ in range(self.rng.randrange(1, 4)))


def random_templates(seed, count):
    for index in range(count):
        generator = Generator(random.Random(f"{seed}-{index}"))
        if index % 2 == 0:
            yield "{{ " + generator.expression(1 + index % 4) + " }}"
        else:
            yield generator.block(1 + index % 3)


def table_templates():
    path = pathlib.Path(__file__).with_name("expressions.txt")
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("##"):
            yield line.replace("⏎", "\n")


# --- Comparison -------------------------------------------------------------------------------

def evaluate(tool, templates):
    requests = "".join(json.dumps({"template": text, "context": CONTEXT}) + "\n" for text in templates)
    done = subprocess.run([tool], input=requests.encode(), stdout=subprocess.PIPE, check=False)
    replies = [json.loads(line) for line in done.stdout.decode().splitlines()]
    if done.returncode != 0 or len(replies) != len(templates):
        at = templates[len(replies)] if len(replies) < len(templates) else ""
        raise SystemExit(f"{tool} ended with {done.returncode} after {len(replies)} templates; next: {at!r}")
    return replies


def unpredictable(text):
    return " at 0x" in text


def differs(want, got, messages):
    if want["ok"] != got["ok"]:
        return True
    if want["ok"]:
        return want["output"] != got["output"] and not unpredictable(want["output"])
    if want["type"] != got["type"]:
        return True
    if want["type"] == "error":  # regular expressions: another engine, other words
        return False
    return messages and want["message"] != got["message"] and not unpredictable(want["message"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("evaluator")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--messages", action="store_true", help="error messages must agree too")
    parser.add_argument("--show", type=int, default=20)
    options = parser.parse_args()
    environment = make_environment()
    templates = list(table_templates())
    table_size = len(templates)
    templates += random_templates(options.seed, options.count)
    replies = evaluate(options.evaluator, templates)
    bad = 0
    for text, got in zip(templates, replies):
        want = expected(environment, text)
        if not differs(want, got, options.messages):
            continue
        bad += 1
        if bad <= options.show:
            print(f"template: {text!r}\n  jinja2: {want}\n  floe:   {got}")
    print(f"{table_size} templates of the table, {len(templates) - table_size} random: {bad} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
