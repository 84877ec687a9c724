#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the tree checks in scripts/: each must find what it is there for, and no more."""

import importlib.util
import pathlib
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"


def load(name: str):
    """The script scripts/NAME.py as a module."""
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Sizes(unittest.TestCase):
    def names(self, text):
        return [(name, lines) for _, lines, name in load("check_sizes").functions(text)]

    def test_functions_and_methods(self):
        self.assertEqual(self.names("int f(int a) {\n  return a;\n}\nX::Y X::g() const noexcept {\n}\n"),
                         [("f", 3), ("X::g", 2)])

    def test_a_lambda_belongs_to_its_function(self):
        self.assertEqual(self.names("void f() {\n  auto g = [](int x) {\n    return x;\n  };\n}\n"), [("f", 5)])

    def test_classes_and_namespaces_are_no_functions(self):
        self.assertEqual(self.names("namespace a {\nstruct S : B {\n  void m() {}\n};\nenum class E { x };\n}\n"),
                         [("m", 1)])

    def test_tables_are_no_functions(self):
        self.assertEqual(self.names("constexpr R kRows[] = {\n  {1, 2},\n  {3, 4},\n};\n"), [])

    def test_braces_in_text_do_not_count(self):
        self.assertEqual(self.names('void f() {\n  g("{", \'{\', R"({{)"); // {\n}\nvoid h() {}\n'),
                         [("f", 3), ("h", 1)])


class Layers(unittest.TestCase):
    def problems(self, relative, text):
        check = load("check_layers")
        with tempfile.TemporaryDirectory() as folder:
            check.ROOT = pathlib.Path(folder)
            check.SOURCE = check.ROOT / "src"
            path = check.ROOT / relative
            path.parent.mkdir(parents=True)
            path.write_text(text)
            return check.problems_of(path, {"base": [], "value": ["base"], "cli": ["value", "base"]})

    def test_downwards_is_fine(self):
        self.assertEqual(self.problems("src/value/a.cpp", '#include "base/text.h"\n#include "value/a.h"\n'), [])

    def test_upwards_is_not(self):
        self.assertEqual(self.problems("src/value/a.cpp", '\n#include "cli/main.h"\n'),
                         ["src/value/a.cpp:2: value must not use cli, which lies above it"])

    def test_banned_headers(self):
        self.assertEqual(len(self.problems("src/base/a.h", "#include <regex>\n#include <CLI/App.hpp>\n")), 2)
        self.assertEqual(self.problems("src/cli/a.cpp", "#include <CLI/App.hpp>\n"), [])
        self.assertEqual(len(self.problems("src/cli/a.h", "#include <CLI/App.hpp>\n")), 1)

    def test_the_tree_has_its_modules(self):
        self.assertEqual(load("check_layers").modules()["base"], [])


class SkippedTests(unittest.TestCase):
    def test_reasons(self):
        reason = load("skipped_tests").reason
        self.assertEqual(reason("[ RUN ] a\nx_test.cpp:3: Skipped\nno dbt here\n\n[ SKIPPED ] a"), "no dbt here")
        self.assertEqual(reason("skipped: no corpus\n"), "skipped: no corpus")
        self.assertEqual(reason(""), "no reason given")


if __name__ == "__main__":
    unittest.main()
