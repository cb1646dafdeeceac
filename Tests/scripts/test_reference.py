"""The reference for authors of worlds, which `make docs` builds from the doc comments."""

import os
import shutil
import unittest

from orge_harness import binary, missing_programs, repository, run, temporary_folder


@unittest.skipIf(missing_programs("orge"), missing_programs("orge"))
@unittest.skipUnless(shutil.which("docc"), "this Swift toolchain has no DocC")
class ReferenceTests(unittest.TestCase):
    def build(self, *options):
        return run([repository("Tools", "make", "docs"), "--bin", os.path.dirname(binary("orge")), "--check", *options], seconds=300)

    def test_the_reference_is_built_without_a_warning_and_every_public_symbol_has_a_comment(self):
        code, output, errors = self.build()
        self.assertEqual((code, output + errors), (0, ""))

    def test_a_link_that_leads_nowhere_fails(self):
        with temporary_folder() as folder:
            shutil.copytree(repository("docs", "reference"), folder, dirs_exist_ok=True)
            with open(os.path.join(folder, "OrgeWorld.docc", "Order.md"), "a", encoding="utf-8") as file:
                file.write("\nSee ``World/nowhere``.\n")
            code, _, errors = self.build("--catalogues", folder)
        self.assertEqual(code, 1)
        self.assertIn("'nowhere' doesn't exist at '/OrgeWorld/World'", errors)
