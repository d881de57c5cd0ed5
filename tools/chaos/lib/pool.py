"""The labels of the machines and the group that some of them are for, so that the suite knows who may get which."""

GROUP = "owners"
# Its members come first.
PRIORITY = 10

# The selectors that clients use, and what they mean.
SELECTORS = {
    "arch=arm64": lambda labels: labels["arch"] == "arm64",
    "os=busybox": lambda labels: labels["os"] == "busybox",
    "zone=a": lambda labels: labels["zone"] == "a",
    "arch!=arm64,zone in (b,c)": lambda labels: labels["arch"] != "arm64" and labels["zone"] in "bc",
}


class Pool:
    """What the suite tells the product about machines and users."""

    def __init__(self, machines, users):
        """machines are names, users too; every third user is in the group, and every eighth machine is for it."""
        self.labels = {name: {"arch": "arm64" if i % 5 == 1 else "amd64", "zone": "abc"[i % 3],
                              "os": "busybox" if name.startswith("busybox-") else "debian"}
                       for i, name in enumerate(machines)}
        self.for_group = set(list(machines)[3::8])
        self.members = {"admin", *list(users)[::3]}
        # Users of whom a failed call left it open whether they are members.
        self.unclear = set()

    def usable(self, user, selector=None, names=None):
        """The machines that a request of this user may get."""
        means = SELECTORS[selector] if selector else lambda _: True
        return {name for name, labels in self.labels.items()
                if means(labels) and (not names or name in names) and (user in self.members or name not in self.for_group)}

    def priority(self, user):
        return PRIORITY if user in self.members else 0

    def hidden_from(self, user):
        """The machines that the user must not see."""
        return set() if user in self.members | self.unclear else self.for_group
