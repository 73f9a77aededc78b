from __future__ import annotations

from ..programs import Absence, Program, Workshop
from .places import DirectoryTestCase, write_executable


class WorkshopTests(DirectoryTestCase):
    """Building programs, and finding them again."""

    def setUp(self) -> None:
        super().setUp()
        self.benchmarks = self.directory / "Benchmarks"
        self.workshop = Workshop(self.benchmarks, self.directory / "builds")

    def write_build(self, peer: str, *lines: str) -> None:
        write_executable(self.benchmarks / "Peers" / peer / "build", *lines)

    def reason(self, peer: str) -> str:
        absence = self.workshop.build(peer)
        assert isinstance(absence, Absence)
        self.assertEqual(absence.name, peer)
        return absence.reason

    def test_peers_are_the_folders_with_a_build_in_the_order_of_their_names(self) -> None:
        self.write_build("tokio", "")
        self.write_build("go", "")
        (self.benchmarks / "Peers" / "unfinished").mkdir()
        self.assertEqual(self.workshop.names(), ["floor", "ours", "go", "tokio"])

    def test_a_build_is_given_a_directory_and_prints_the_path_of_the_program_last(self) -> None:
        self.write_build("go", "echo compiling", "cp /bin/true $1/peer", "echo warning >&2", "echo $1/peer")
        program = self.workshop.build("go")
        self.assertEqual(program, Program("go", self.directory / "builds" / "go" / "peer"))
        self.assertEqual(self.workshop.log("go").read_text(), "warning\n")

    def test_what_was_built_before_is_found_again(self) -> None:
        self.write_build("go", "cp /bin/true $1/peer", "echo $1/peer")
        self.write_build("tokio", "cp /bin/true $1/peer", "echo $1/peer")
        built = [self.workshop.build("go"), self.workshop.build("tokio")]
        again = Workshop(self.benchmarks, self.directory / "builds")
        self.assertEqual([again.find("go"), again.find("tokio")], built)

    def test_what_was_not_built_before_is_not_found(self) -> None:
        found = self.workshop.find("go")
        assert isinstance(found, Absence)
        self.assertIn("not built before", found.reason)

    def test_a_build_that_lacks_something_is_skipped_with_what_it_says(self) -> None:
        self.write_build("go", "echo 'Go is missing: apt-get install golang-go' >&2", "exit 3")
        self.assertEqual(self.reason("go"), "Go is missing: apt-get install golang-go")

    def test_a_build_that_fails_is_skipped_with_its_standard_error(self) -> None:
        self.write_build("go", "echo 'peer.go:3: syntax error' >&2", "exit 1")
        self.assertEqual(self.reason("go"), "the build of go ended with status 1; it said: peer.go:3: syntax error")

    def test_a_build_that_names_no_program_is_skipped(self) -> None:
        self.write_build("go", "echo done")
        self.assertIn("should be the path of a program and is 'done'", self.reason("go"))
        self.write_build("go")
        self.assertIn("is ''", self.reason("go"))

    def test_a_build_that_cannot_be_started_is_skipped(self) -> None:
        self.write_build("go", "")
        (self.benchmarks / "Peers" / "go" / "build").chmod(0o644)
        self.assertIn("cannot start", self.reason("go"))
