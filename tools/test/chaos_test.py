"""The chaos suite's own eyes: what it must notice, shown to it in files, without any part of the product."""

import contextlib
import io
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from types import SimpleNamespace

TOOLS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TOOLS / "chaos" / "lib"), str(TOOLS / "harness")]

# pylint: disable=wrong-import-position
from clients import Client, iso  # noqa: E402
from faults import FOREIGN_FILE, KINDS, Faults, Planned, plan  # noqa: E402
from guards import CRON_WITHIN, CUT_WITHIN, MENDED_WITHIN, REPLACED_WITHIN, STATE, Lost, Running, locks_of  # noqa: E402
from ledger import Ledger  # noqa: E402
from net import Session  # noqa: E402
from observer import Observer  # noqa: E402
from order import Order, check_cancelled  # noqa: E402
from pool import Pool  # noqa: E402
from stage import GRACE  # noqa: E402
from waiting import WaitingClient  # noqa: E402

ROOT = "root:x:0:0:root:/root:/bin/bash\n"


def entry(account, token, uid=20000):
    return f"{account}:x:{uid}:{uid}:machine-manager-{token}:/home/{account}:/bin/bash\n"


class Stage(unittest.TestCase):
    """A stage of one machine whose disk is a folder."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.disk = Path(folder.name) / "disk"
        for name in ("etc", "home", "var/tmp"):
            (self.disk / name).mkdir(parents=True)
        self.passwd("")
        machine = SimpleNamespace(name="m", disk=self.disk, lower=self.disk, root=lambda: None,
                                  namespace=lambda: "none", pid=lambda: 1)
        stage = SimpleNamespace(convergence=45, machines={"m": machine}, apis=[SimpleNamespace(name="api-1")],
                                schedulers=[SimpleNamespace(name="scheduler-1")], admin_password="p", strict=[],
                                pool=Pool(["m"], ["user0"]), patience=1)
        self.stage = stage
        self.ledger = Ledger(Path(folder.name) / "journal")
        self.addCleanup(self.ledger.journal.close)
        self.faults = Faults(stage, self.ledger)
        self.observer = Observer(stage, self.ledger, self.faults)
        self.session = Session(stage, self.ledger, self.faults, "u", "p", 1)
        quiet = contextlib.redirect_stdout(io.StringIO())
        quiet.__enter__()
        self.addCleanup(quiet.__exit__, None, None, None)

    def passwd(self, text):
        new = self.disk / "etc/passwd.new"
        new.write_text(ROOT + text)
        new.rename(self.disk / "etc/passwd")

    def look(self, text):
        self.passwd(text)
        self.observer.look("m")

    def lend(self, account, ends_in=60.0):
        request = self.ledger.ask(account, 1, 1)
        self.ledger.lend(request, time.time() + ends_in, [("m", 1)])
        return request

    def kinds(self):
        return [kind for _, kind, _, _ in self.ledger.violations]


class Eyes(Stage):
    """What the observer, the ledger and the clients notice."""

    def test_two_marked_accounts_are_noticed(self):
        self.look(entry("a", 1) + entry("b", 2))
        self.assertEqual(self.kinds(), ["two_accounts"])

    def test_one_account_after_the_other_is_fine(self):
        self.lend("a").loans["m"].release_sent = time.time()
        self.look(entry("a", 1))
        self.look("")
        self.lend("b")
        self.look(entry("b", 2))
        self.assertEqual(self.kinds(), [])

    def test_machine_in_two_answers_is_noticed(self):
        self.lend("a")
        self.lend("b")
        self.assertEqual(self.kinds(), ["lent_twice"])

    def test_machine_may_be_lent_again_once_given_back(self):
        self.lend("a").loans["m"].release_sent = time.time()
        self.lend("b")
        self.assertEqual(self.kinds(), [])

    def test_account_that_goes_before_its_end_is_noticed(self):
        self.ledger.ask("a", 1, 1)
        self.look(entry("a", 1))
        self.ledger.lend(self.ledger.by_account["a"], time.time() + 60, [("m", 1)])
        self.look("")
        self.assertEqual(self.kinds(), ["taken_early"])

    def test_what_a_deleted_user_had_from_any_request_may_go(self):
        client = Client(self.stage, self.ledger, self.faults, self.observer, 0, 1)
        client.admin = SimpleNamespace(retry=lambda *_: None)
        request = self.ledger.ask("a", 1, 1)
        self.look(entry("a", 1))
        body = {"machines": [{"machine": "m", "reservation_id": 1}], "reserved_until": iso(time.time() + 60),
                "username": "a"}
        self.assertTrue(client.is_lent(request, SimpleNamespace(body=body), "secret"))
        client.be_deleted()
        self.look("")
        self.assertEqual(self.kinds(), [])

    def test_change_of_somebody_elses_account_is_noticed(self):
        self.look("eve:x:1000:1000::/home/eve:/bin/sh\n")
        self.assertEqual(self.kinds(), ["foreign_touched"])

    def foreign(self, account="eve", uid=1600):
        """An account of another tool, and its home."""
        home = self.disk / "home" / account
        home.mkdir(exist_ok=True)
        (home / FOREIGN_FILE).write_text(account)
        return f"{account}:x:{uid}:{uid}::/home/{account}:/bin/sh\n"

    def test_what_another_tool_makes_and_removes_is_fine(self):
        self.look(self.foreign())
        self.look(self.foreign() + entry("a", 1))
        self.ledger.foreign_removed["m", "eve"] = time.time()
        (self.disk / "home/eve" / FOREIGN_FILE).unlink()
        self.look(entry("a", 1))
        self.assertEqual(self.kinds(), [])

    def test_loss_or_change_of_another_tools_account_is_noticed(self):
        self.look(self.foreign())
        self.look(self.foreign(uid=1601))
        self.look("")
        self.assertEqual(self.kinds(), ["foreign_touched"] * 2)

    def test_loss_of_another_tools_home_is_noticed(self):
        self.look(self.foreign())
        self.observer.look("m")
        (self.disk / "home/eve" / FOREIGN_FILE).unlink()
        self.observer.look("m")
        self.assertEqual(self.kinds(), ["foreign_touched"])

    def test_another_tool_notices_what_became_of_its_account(self):
        said = {"eve": "eve:x:1600:1600::/home/eve:/bin/sh\neve\n", "bob": "bob:x:1601:1601::/home/bob:/bin/sh\n",
                "ann": entry("ann", 1) + "ann\n", "tom": ""}
        removed = []

        def inside(_, command, *words):
            if command == "userdel":
                removed.append(words[-1])
            return 0, said[words[3]] if command == "sh" else ""
        self.stage.inside = inside
        for account in said:
            self.faults.remove_foreign("m", account)
        self.assertEqual(self.kinds(), ["foreign_touched"] * 3)
        self.assertEqual(removed, ["eve", "bob"])

    def test_home_of_another_tools_account_of_the_name_is_not_what_was_left(self):
        self.lend("eve", ends_in=0.0)
        self.look(entry("eve", 1))
        self.look(self.foreign())
        self.observer.sweep()
        self.assertTrue(self.observer.all_gone())

    def test_one_user_fills_and_locks_for_each_fault_of_that_kind(self):
        self.faults.stopping.set()
        self.assertFalse(self.faults.on_user(SimpleNamespace(seconds=0), "user", None))
        self.faults.fill_and_lock = 1
        self.assertEqual([self.faults.take_fill_and_lock(), self.faults.take_fill_and_lock()], [True, False])

    def test_faults_of_some_machines_hit_those_only_and_count_with_the_others(self):
        self.stage.machines = {n: SimpleNamespace(busybox=n.startswith("b")) for n in ("b1", "lab-1", "strict-1", "b2")}
        self.stage.strict = ["strict-1"]
        fault = SimpleNamespace(kind="provoked penalties", pick=0)
        self.assertEqual(self.faults.take(fault), ("strict-1", False))
        self.assertIsNone(self.faults.take(SimpleNamespace(kind="foreign tool", pick=0)))
        self.faults.busy.clear()
        self.assertEqual(self.faults.take(SimpleNamespace(kind="foreign tool", pick=0)), ("lab-1", False))

    def test_account_that_stays_is_noticed_after_enough_calm_time(self):
        self.lend("a", ends_in=0.0)
        self.look(entry("a", 1))
        for _ in range(50):
            self.observer.age(1.0)
        self.assertEqual(self.kinds(), ["left_behind"])

    def test_time_in_which_the_machine_is_broken_does_not_count(self):
        self.lend("a", ends_in=0.0)
        self.look(entry("a", 1))
        self.faults.windows.append(SimpleNamespace(kind="refuse ssh", target="m", began=0.0, ended=None))
        for _ in range(50):
            self.observer.age(1.0)
        self.assertEqual(self.kinds(), [])

    def test_home_that_outlives_its_account_is_noticed(self):
        self.lend("a", ends_in=0.0)
        self.look(entry("a", 1))
        (self.disk / "home/a").mkdir()
        self.look("")
        self.observer.sweep()
        for _ in range(50):
            self.observer.age(1.0)
        self.assertEqual(self.kinds(), ["residue"])

    def test_removal_is_measured_when_nothing_is_left(self):
        self.lend("a", ends_in=0.0)
        self.look(entry("a", 1))
        self.look("")
        self.observer.sweep()
        self.assertEqual(len(self.ledger.timings["removal"]), 1)
        self.assertTrue(self.observer.all_gone())

    def test_answers_that_break_the_contract_are_noticed(self):
        self.session.checked("x", 500, b'{"error":"server_error","message":"m"}', time.time())
        self.session.checked("x", 409, b'{"error":"unavailable","message":"m"}', time.time())
        self.session.checked("x", 404, b"<html>", time.time())
        self.session.checked("x", 503, b'{"error":"unavailable","message":"m"}', time.time())
        self.assertEqual(self.kinds(), ["server_error", "bad_answer", "bad_answer", "bad_answer", "unprovoked"])


    def test_account_on_a_machine_that_the_request_may_not_have_is_noticed(self):
        self.ledger.ask("a", 1, 1, {"other"})
        self.look(entry("a", 1))
        self.assertEqual(self.kinds(), ["wrong_machine"])

    def test_account_of_a_request_that_was_cancelled_before_is_noticed(self):
        request = self.ledger.ask("a", 1, 1, {"m"})
        self.look(entry("a", 1))
        request.cancelled = time.time()
        self.look(entry("a", 2))
        self.assertEqual(self.kinds(), ["cancelled_but_served"])

    def test_request_that_ends_without_a_reason_is_noticed(self):
        client = WaitingClient(self.stage, self.ledger, self.faults, self.observer, 0, 1)
        now = time.time()
        body = {"ended_at": iso(now), "waits_until": iso(now - 1), "reserved_until": iso(now - 1), "reason": "r"}
        for state in ("lapsed", "ended", "cancelled", "failed"):
            client.is_over(self.ledger.ask("a", 1, 1), body | {"state": state})
        self.assertEqual(self.kinds(), ["lost_request"] * 2)
        client.is_over(self.ledger.ask("a", 1, 1), body | {"state": "lapsed", "waits_until": iso(now + 1)})
        client.is_over(self.ledger.ask("a", 1, 1), body | {"state": "ended", "reserved_until": iso(now + 1)})
        self.assertEqual(self.kinds(), ["lost_request"] * 4)

    def test_machine_of_a_group_that_an_outsider_sees_is_noticed(self):
        self.stage.pool = Pool(["a", "b", "c", "m"], ["user0", "user1"])
        for number in (0, 1):
            client = WaitingClient(self.stage, self.ledger, self.faults, self.observer, number, 1)
            client.random = SimpleNamespace(choice=lambda _: "/available")
            client.session = SimpleNamespace(user=f"user{number}", call=lambda *_: SimpleNamespace(
                ok=True, body={"available": ["a"], "reserved": ["m"]}))
            client.look_around()
        self.assertEqual(self.kinds(), ["wrong_machine"])


class Ends(Stage):
    """What must be true of an account at its end and before, whatever else runs."""

    OPEN, LOCKED = "a:$6$x:20000:::::99999:\n", "a:!$6$x:20000:::::1:\n"

    def account(self, ends_in, shadow=OPEN):
        """A lent account whose end comes in so many seconds, and the guard's files."""
        (self.disk / STATE / "ends").mkdir(parents=True)
        for name in ("guard", "guard.pid", "ends/a"):
            (self.disk / STATE / name).touch()
        request = self.ledger.ask("a", 1, 1)
        self.shadow(shadow)
        self.look(entry("a", 1))
        self.ledger.lend(request, time.time() + ends_in, [("m", 1)])
        request.loans["m"].answered -= 5
        self.observer.present["m"]["a", "1"].since -= 10
        return request.loans["m"]

    def shadow(self, text):
        new = self.disk / "etc/shadow.new"
        new.write_text(text)
        new.rename(self.disk / "etc/shadow")

    def pass_time(self, seconds, **running):
        for _ in range(int(seconds)):
            self.observer.guards.look(list(self.observer.present["m"].values()), {"m": Running(**running)}, 1.0)

    def test_access_that_stays_open_after_the_end_and_the_grace_is_noticed(self):
        for ways in ({"uids": {20000}}, {"sessions": {"a"}}, {}):
            with self.subTest(ways=ways):
                self.setUp()
                self.account(-GRACE - 1, self.LOCKED if ways else self.OPEN)
                self.pass_time(CUT_WITHIN - 1, **ways)
                self.assertEqual(self.kinds(), [])
                self.pass_time(3, **ways)
                self.assertEqual(self.kinds(), ["open_after_end"])

    def test_locked_account_without_processes_may_stay(self):
        self.account(-GRACE - 1, self.LOCKED)
        self.pass_time(100)
        self.assertEqual(self.kinds(), [])

    def test_access_may_be_open_until_the_end_and_the_grace(self):
        self.account(-GRACE + 5)
        self.pass_time(100, uids={20000})
        self.assertEqual(self.kinds(), [])

    def test_nothing_excuses_open_access_but_a_stopped_machine_or_a_lost_guard(self):
        self.account(-GRACE - 1)
        self.faults.windows.append(SimpleNamespace(kind="everything dead at the end", target="database", began=0.0, ended=None))
        self.faults.windows.append(SimpleNamespace(kind="freeze machine", target="m", began=0.0, ended=None))
        self.pass_time(100, uids={20000})
        self.faults.windows.pop()
        self.faults.lost["m"] = Lost(True, 0.0)
        self.pass_time(CRON_WITHIN, uids={20000})
        self.assertEqual(self.kinds(), [])
        self.pass_time(CUT_WITHIN + 3, uids={20000})
        self.assertEqual(self.kinds(), ["open_after_end"])

    def test_later_end_counts_once_it_is_answered(self):
        loan = self.account(-GRACE - 1)
        loan.machine_end += 60
        self.pass_time(100, uids={20000})
        self.assertEqual(self.kinds(), [])

    def test_earlier_end_counts_unless_a_fault_may_have_kept_it_from_the_machine(self):
        client = Client(self.stage, self.ledger, self.faults, self.observer, 0, 1)
        loan = self.account(60)
        old, new = loan.latest_end, time.time() + 20
        client.session = SimpleNamespace(call=lambda *_: SimpleNamespace(status=200, body={"reserved_until": iso(new)}))
        self.faults.windows.append(SimpleNamespace(kind="blackhole ssh", target="m", began=0.0, ended=None))
        self.assertTrue(client.move_end(loan, new))
        self.assertEqual(loan.machine_end, old)
        self.faults.windows.clear()
        self.assertTrue(client.move_end(loan, new))
        self.assertAlmostEqual(loan.machine_end, new, 2)

    def test_later_end_that_a_machine_does_not_take_changes_nothing(self):
        client = WaitingClient(self.stage, self.ledger, self.faults, self.observer, 0, 1)
        loan = self.account(60)
        old = loan.latest_end
        client.session = SimpleNamespace(call=lambda *_: SimpleNamespace(status=502, ok=False, body={}))
        self.assertFalse(client.move_end(loan, old + 60))
        client.extend(loan.request)
        self.assertEqual((loan.earliest_end, loan.latest_end, self.kinds()), (old, old, []))
        self.assertEqual(loan.machine_end, old + 60)
        client.move_end(loan, old - 30)
        self.assertEqual(self.kinds(), ["bad_answer"])

    def test_account_that_is_locked_before_its_end_is_noticed(self):
        self.account(60)
        self.shadow(self.OPEN.replace("$6$x", "$6$y"))
        self.observer.look("m")
        self.assertEqual(self.kinds(), [])
        self.shadow(self.LOCKED)
        self.observer.look("m")
        self.assertEqual(self.kinds(), ["cut_early"])

    def test_account_that_is_given_back_may_be_locked(self):
        self.account(60).release_sent = time.time()
        self.shadow(self.LOCKED)
        self.observer.look("m")
        self.assertEqual(self.kinds(), [])

    def test_lent_machine_without_a_guard_is_noticed(self):
        for lost in ({}, {"guard": True}):
            with self.subTest(running=lost):
                self.setUp()
                self.account(60)
                self.pass_time(10, guard=True)
                self.assertEqual(self.kinds(), [])
                if lost:
                    (self.disk / STATE / "ends/a").unlink()
                self.pass_time(REPLACED_WITHIN + 1, **lost)
                self.assertEqual(self.kinds(), ["no_guard"])

    def test_guard_that_a_fault_has_ended_is_excused_until_a_probe_could_have_mended_it(self):
        self.account(60)
        self.faults.lost["m"] = Lost(False, time.time())
        self.faults.windows.append(SimpleNamespace(kind="kill database", target="database", began=0.0, ended=None))
        self.pass_time(1000)
        self.faults.windows.clear()
        self.pass_time(MENDED_WITHIN)
        self.assertEqual(self.kinds(), [])
        self.pass_time(REPLACED_WITHIN + 3)
        self.assertEqual(self.kinds(), ["no_guard"])

    def test_guard_that_is_back_has_no_excuse_left(self):
        self.account(60)
        self.faults.lost["m"] = Lost(False, time.time())
        self.pass_time(2, guard=True)
        self.assertEqual(self.faults.lost, {})

    def test_what_is_left_of_a_guard_is_noticed(self):
        self.account(60)
        (self.disk / "etc/cron.d").mkdir()
        (self.disk / "etc/cron.d/machine-manager-guard").touch()
        self.observer.check_guards_gone(0)
        self.assertEqual(self.kinds(), ["guard_left"])
        for path in ("ends/a", "guard", "guard.pid"):
            (self.disk / STATE / path).unlink()
        (self.disk / "etc/cron.d/machine-manager-guard").unlink()
        self.observer.check_guards_gone(0)
        self.assertEqual(self.kinds(), ["guard_left"])

    def test_processes_are_told_apart_by_their_command_lines(self):
        running = Running()
        for command in ("sshd-session: a@pts/0", "sshd: b [priv]", "/bin/sh\0/var/lib/machine-manager/guard\0CUT\0c"):
            running.add({0}, command.split("\0"))
        self.assertEqual((running.sessions, running.guard), ({"a"}, False))
        running.add({0}, ["/bin/sh", "/var/lib/machine-manager/guard"])
        self.assertTrue(running.guard)

    def test_day_of_expiry_counts_from_its_beginning(self):
        entry_of = "a:$6$x:20000:::::{}:".format
        self.assertEqual([locks_of(entry_of(day).split(":"), 10 * 86400 + 5) for day in ("", "10", "11")],
                         [(False, False), (False, True), (False, False)])


class Histories(Stage):
    """What the histories of the requests show. Times are seconds after the first."""

    def setUp(self):
        super().setUp()
        self.start = time.time() - 1000
        self.stage.pool = Pool(["m", "n"], ["user0", "user1"])
        self.stage.pool.members.clear()
        self.views = []

    def at(self, seconds):
        return iso(self.start + seconds)

    def request(self, created, assigned=None, over=None, machine="m", minutes=2, owner="user0", queued=True):
        """A request for one machine, which it had from one time until another."""
        number = len(self.views) + 1
        events = [(created, "queued", None)] if queued else []
        events += [(assigned, "allocated", machine)] if assigned is not None else []
        events += [(over, "verified_gone", machine)] if over is not None else []
        view = {"request_id": number, "state": "ended", "owner": owner, "count": 1, "duration_minutes": minutes,
                "created_at": self.at(created),
                "history": [{"at": self.at(t), "event": e, **({"machine": m} if m else {})} for t, e, m in events]}
        if assigned is not None:
            view["started_at"] = self.at(assigned + 1)
        self.views.append(view)
        asked = self.ledger.ask(f"a{number}", 1, minutes)
        asked.id, asked.queued = number, self.start + created if queued else None
        return view

    def found(self):
        Order(self.stage, self.ledger, self.faults, self.views, self.start + 1000).check()
        check_cancelled(self.ledger, self.views)
        return self.kinds()

    def both_machines_lent(self, until):
        self.request(0, 1, until, queued=False)
        self.request(0, 1, 90, "n", queued=False)

    def test_requests_in_their_order_are_fine(self):
        self.both_machines_lent(40)
        self.request(10, 41, 60)
        self.request(20, 61, 80)
        self.assertEqual(self.found(), [])
        self.assertEqual(self.ledger.actions["machines that later requests got, with the order checked"], 1)

    def test_later_request_that_gets_the_machine_first_is_noticed(self):
        self.both_machines_lent(40)
        self.request(10, 61, 80)
        self.request(20, 41, 60)
        self.assertEqual(self.found(), ["passed"])

    def test_later_call_that_does_not_wait_is_noticed_too(self):
        self.both_machines_lent(40)
        self.request(10, 61, 80)
        self.request(41, 41, 60, queued=False)
        self.assertEqual(self.found(), ["passed"])

    def test_later_request_may_pass_when_it_is_shorter_or_comes_first_or_takes_another_machine(self):
        self.both_machines_lent(40)
        self.request(10, 61, 80)
        later = self.request(20, 41, 60, minutes=1)
        self.assertEqual(self.found(), [])
        later["duration_minutes"], later["owner"] = 2, "user1"
        self.stage.pool.members.add("user1")
        self.assertEqual(self.found(), [])
        self.stage.pool.members.clear()
        self.views[2]["wanted_machines"] = ["n"]
        self.views[1]["history"][-1]["at"] = self.at(60)
        self.assertEqual(self.found(), [])

    def test_later_request_may_pass_when_the_earlier_one_had_another_free_machine(self):
        self.both_machines_lent(40)
        self.views[1]["history"][-1]["at"] = self.at(40)
        self.request(10, 45, 80, "n")
        self.request(20, 41, 60)
        self.assertEqual(self.found(), [])

    def test_request_that_waits_beside_a_free_machine_is_noticed(self):
        self.both_machines_lent(40)
        self.request(10, 55, 80)
        self.assertEqual(self.found(), ["lost_request"])

    def test_request_may_wait_beside_a_free_machine_that_is_broken_or_that_an_earlier_one_needs(self):
        self.both_machines_lent(40)
        self.request(5, 90, 99, queued=False)["count"] = 2
        self.request(10, 55, 80)
        self.assertEqual(self.found(), [])
        del self.views[2]
        self.faults.windows.append(SimpleNamespace(kind="refuse ssh", target="m", began=self.start + 39, ended=self.start + 44))
        self.assertEqual(self.found(), [])

    def test_request_that_is_served_after_it_was_cancelled_is_noticed(self):
        self.both_machines_lent(40)
        self.request(10, 41, 60)
        self.ledger.requests[2].cancelled = self.start + 42
        self.assertEqual(self.found(), [])
        self.ledger.requests[2].cancelled = self.start + 30
        self.assertEqual(self.found(), ["cancelled_but_served"])


class Plan(unittest.TestCase):
    def test_same_seed_gives_the_same_faults(self):
        self.assertEqual(plan(7, 300, 3.0), plan(7, 300, 3.0))
        self.assertNotEqual(plan(7, 300, 3.0), plan(8, 300, 3.0))

    def test_every_kind_comes_in_a_run_of_three_minutes(self):
        self.assertEqual({fault.kind for fault in plan(1, 180, 3.0)}, set(KINDS))

    def test_without_ansible_nothing_of_it_is_broken(self):
        self.assertEqual({fault.kind for fault in plan(1, 180, 3.0, driver="ssh")}, set(KINDS) - {"kill ansible-playbook"})
        self.assertEqual({fault.kind for fault in plan(1, 180, 3.0, driver="both")}, set(KINDS))

    def test_faults_of_services_come_later_while_everything_is_dead(self):
        faults = Faults(SimpleNamespace(machines={}), None)
        faults.carry_out = lambda fault: carried_out.append(fault.kind)
        carried_out, faults.holding = [], True
        planned = [Planned(n, 0.0, kind, 0.0, 0) for n, kind in enumerate(("refuse ssh", "kill api"))]
        runner = threading.Thread(target=faults.run, args=(planned,))
        runner.start()
        runner.join(0.3)
        self.assertEqual(carried_out, ["refuse ssh"])
        faults.holding = False
        runner.join()
        faults.threads[-1].join()
        self.assertEqual(carried_out, ["refuse ssh", "kill api"])
        self.assertGreater(faults.held, 0.2)

    def test_faults_can_be_chosen_by_a_part_of_their_names(self):
        self.assertEqual({fault.kind for fault in plan(1, 120, 3.0, "userdel fails, freeze api")},
                         {"userdel fails", "userdel fails late", "freeze api"})
        with self.assertRaisesRegex(ValueError, "no fault is called earthquake"):
            plan(1, 120, 3.0, "earthquake")


if __name__ == "__main__":
    unittest.main()
