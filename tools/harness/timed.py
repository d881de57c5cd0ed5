"""Results of Python's unittest with the time that each test took."""

import time
import unittest


class TimedResult(unittest.TextTestResult):
    """Keeps the time and the outcome of each test; the time of a class counts its set-up too."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.cases, self.outcome = [], None
        self.class_of_last, self.idle_since = None, time.monotonic()

    def startTest(self, test):
        self.outcome, self.began = None, time.monotonic()
        name = type(test).__module__ + "." + type(test).__qualname__
        # The time between two tests of different classes is the set-up of the second class.
        self.set_up = self.began - self.idle_since if name != self.class_of_last else 0
        self.class_of_last = name
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        self.idle_since = time.monotonic()
        self.cases.append((self.class_of_last, test.id().removeprefix(self.class_of_last + "."),
                           self.idle_since - self.began, self.set_up, self.outcome))
        self.stream.writeln(f"    {self.idle_since - self.began:.1f} s")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.outcome = "failure"

    def addError(self, test, err):
        super().addError(test, err)
        self.outcome = "error"
        if not isinstance(test, unittest.TestCase):
            # The set-up of a class or module has failed, which belongs to no test.
            self.cases.append(("python", str(test), 0, 0, "error"))

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self.outcome = "failure"

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.outcome = "failure"

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.outcome = "skipped"
        if not isinstance(test, unittest.TestCase):
            self.cases.append(("python", str(test), 0, 0, "skipped"))
