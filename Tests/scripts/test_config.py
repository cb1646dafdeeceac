"""The settings of `orge serve`: flags, environment and orge.json, as `orge config` shows them and as a server obeys them."""

import json
import os
import unittest
from unittest import mock

import orge_harness
from orge_harness import Server, binary, run, run_json, temporary_folder
from wire import FULL, Client


def config(verb, *words):
    return run([binary("orge"), "config", verb, *words])


def shown(*words):
    """`orge config show --json`: {key: (value, source)} of the server's settings, {(world, key): …} of single worlds."""
    settings = run_json([binary("orge"), "config", "show", "--json", *words])["settings"]
    return {(entry["world"], entry["key"]) if entry["world"] else entry["key"]: (entry["value"], entry["source"]) for entry in settings}


def write(folder, text, name="orge.json"):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text if isinstance(text, str) else json.dumps(text, indent=2))
    return path


class ConfigTests(unittest.TestCase):
    def setUp(self):
        self.data = self.enterContext(temporary_folder())

    def environment(self, **variables):
        self.enterContext(mock.patch.dict(orge_harness.settings, variables))

    def test_flag_wins_over_environment_over_file_over_default(self):
        path = write(self.data, {"edges": 2, "max_clients": 20, "port": 7})
        self.environment(ORGE_EDGES="3", ORGE_MAX_CLIENTS="30")
        settings = shown("--data", self.data, "--edges", 4)
        self.assertEqual(settings["edges"], (4, {"kind": "flag", "name": "--edges"}))
        self.assertEqual(settings["max_clients"], (30, {"kind": "environment", "name": "ORGE_MAX_CLIENTS"}))
        self.assertEqual(settings["port"], (7, {"kind": "file", "file": path, "line": 4}))
        self.assertEqual(settings["address"], ("127.0.0.1", {"kind": "default"}))
        self.assertEqual(settings["data"], (self.data, {"kind": "flag", "name": "--data"}))

    def test_what_the_shell_has_set_reaches_no_program_of_a_test(self):
        with mock.patch.dict(os.environ, ORGE_EDGES="5"):
            self.assertEqual(shown("--data", self.data)["edges"][1], {"kind": "default"})

    def test_all_faults_are_told_at_once_and_the_server_does_not_start(self):
        path = write(self.data, '{\n  "max_clients": 0,\n  "edgse": 2,\n  "dev": "yes"\n}\n')
        faults = [
            f"{path}:2: max_clients: 0 is not in 1...100000", f"{path}:3: edgse: there is no such setting; did you mean edges?",
            f"{path}:4: dev: is a string, not true or false"]
        for words in [["config", "check"], ["config", "show"], ["serve", "--world", binary("ledger")]]:
            with self.subTest(words):
                code, output, errors = run([binary("orge"), *words, "--data", self.data])
                self.assertEqual((code, output), (1, ""))
                self.assertEqual(errors.splitlines()[:3], [f"Error: {faults[0]}", *faults[1:]])
        self.assertEqual(os.listdir(self.data), ["orge.json"], "nothing was started, nothing was made")

    def test_a_file_without_fault_is_said_to_have_none(self):
        write(self.data, {"edges": 2})
        code, output, errors = config("check", "--data", self.data)
        self.assertEqual((code, errors), (0, ""))
        self.assertIn(os.path.join(self.data, "orge.json"), output)

    def test_the_file_in_the_data_folder_may_be_missing_a_named_one_may_not(self):
        self.assertEqual(config("check", "--data", self.data)[0], 0)
        self.assertEqual(config("check", "--data", os.path.join(self.data, "nowhere"))[0], 0)
        for verb in ["check", "show"]:
            code, output, errors = config(verb, "--data", self.data, "--config", os.path.join(self.data, "nowhere.json"))
            self.assertEqual((code, output), (1, ""))
            self.assertIn("nowhere.json, which --config names", errors)

    def test_a_file_that_cannot_be_read_is_told_and_not_passed_over(self):
        write(self.data, " " * 300_000 + "{}")
        code, output, errors = config("check", "--data", self.data)
        self.assertEqual((code, output), (1, ""))
        self.assertIn("orge.json, which is too large", errors)
        os.remove(os.path.join(self.data, "orge.json"))
        os.mkdir(os.path.join(self.data, "orge.json"))
        code, output, errors = config("show", "--data", self.data)
        self.assertEqual((code, output), (1, ""))
        self.assertIn("Is a directory", errors)

    def test_a_named_file_takes_the_place_of_the_one_in_the_data_folder(self):
        write(self.data, {"edges": 2, "port": 7})
        named = write(self.data, {"data": "here", "edges": 3}, "named.json")
        settings = shown("--config", named)
        self.assertEqual(settings["edges"][0], 3)
        self.assertEqual(settings["port"], (9512, {"kind": "default"}))
        self.assertEqual(settings["data"][0], os.path.join(self.data, "here"))

    def test_a_secret_is_not_shown_and_a_misspelt_name_is_told(self):
        self.environment(ORGE_DEV_TOKEN="0123456789abcdef0123456789abcdef", ORGE_MAX_CLIENT="5")
        for words in [[], ["--json"]]:
            code, output, errors = config("show", "--data", self.data, *words)
            self.assertEqual(code, 0)
            self.assertNotIn("0123456789abcdef", output + errors)
            self.assertIn("ORGE_MAX_CLIENT in the environment is not a setting and is ignored; did you mean ORGE_MAX_CLIENTS?", errors)
            self.assertNotIn("DEV_TOKEN", output + errors)

    def test_a_server_obeys_file_and_environment(self):
        write(self.data, {
            "worlds": [binary("ledger"), binary("meadow")], "max_clients": 7, "linger_seconds": 9, "unauthenticated_connections": 16,
            "world_settings": {"ledger": {"forget_history": True, "linger_seconds": 1, "image_pool_bytes": 1048576}, "legder": {"forget_history": True}}})
        self.environment(ORGE_EDGES="2")
        with Server([], data=self.data) as server:
            status = server.status()
            self.assertEqual(len(status["edges"]), 2)
            self.assertEqual({edge["limit"] for edge in status["edges"]}, {7})
            self.assertEqual([world["name"] for world in status["worlds"]], ["ledger", "meadow"])
            words = {world["name"]: command_line(world["pid"]) for world in status["worlds"]}
            self.assertIn("--forget-history", words["ledger"])
            self.assertNotIn("--forget-history", words["meadow"])
            self.assertEqual(value_of("--linger-seconds", words["ledger"]), "1")
            self.assertEqual(value_of("--linger-seconds", words["meadow"]), "9")
            self.assertEqual(value_of("--image-pool-bytes", words["ledger"]), "1048576")
            self.assertNotIn("--image-pool-bytes", words["meadow"])
            self.assertIn("orge: warning: world_settings names legder, which is not served; did you mean ledger?", server.program.errors)
            self.assertEqual(server.stop(), 0)

    def test_the_bound_of_connections_before_login_is_a_setting(self):
        with Server(["ledger"], options=["--unauthenticated-connections", 16]) as server:
            silent = [Client(server.address) for _ in range(20)]
            for client in silent[:4]:
                self.assertEqual(client.until_closed().code, FULL)
            with Client(server.address).log_in("ada") as ada:
                self.assertNotEqual(ada.join("ledger").avatar, 0)
            for client in silent:
                client.close()

    def test_a_world_that_may_not_copy_pages_still_takes_commands(self):
        with Server(["ledger"], options=["--image-pool-bytes", 0, "--linger-seconds", 0]) as server:
            for _ in range(3):
                code, outcome = server.call("transfer", name="ada", to=1, amount=1)
                self.assertEqual((code, outcome["outcome"]), (1, "refused"), outcome)
            self.assertEqual(server.stop(), 0)

    def test_a_server_obeys_a_named_file_without_any_flag(self):
        named = write(self.data, {"worlds": [binary("ledger")], "data": "served", "port": 0}, "server.json")
        server = Server([], data=os.path.join(self.data, "served"))
        server.run_program([binary("orge"), "serve", "--json", "--config", named])
        self.addCleanup(server.program.end)
        self.assertEqual([world["name"] for world in server.status()["worlds"]], ["ledger"])
        self.assertEqual(server.stop(), 0)


def value_of(flag, words):
    return words[words.index(flag) + 1]


def command_line(pid):
    with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
        return file.read().split("\0")
