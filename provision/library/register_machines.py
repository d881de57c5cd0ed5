#!/usr/bin/python
"""An Ansible module that registers many machines over a few connections, rather than with a task for each."""

import concurrent.futures
import http.client
import json
import ssl
import threading
import urllib.parse

import yaml
from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: register_machines
short_description: Registers machines with the Machine Manager
description:
  - Logs in as an admin and registers each machine that the service does not know yet.
  - A machine that is registered with the same host, port and user is not changed, unless O(update) is set.
  - The module reads the file itself, so that no secret of a machine is an argument, which Ansible might show.
options:
  api_base:
    description: Address of the service.
    type: str
    required: true
  verify_tls:
    description: Whether to accept only a certificate that this host trusts.
    type: bool
    default: true
  username:
    description: Name of an admin.
    type: str
    required: true
  password:
    description: The admin's password.
    type: str
    required: true
  update:
    description: Whether registered machines are changed to the values in the file.
    type: bool
    default: false
  connections:
    description: How many connections to use at the same time.
    type: int
    default: 8
  machines_file:
    description:
      - A YAML list of machines, by itself or under the key C(machines).
      - Each has name, host, port, user and password, or private_key in its place; host_key if it is known; shared_host if it
        may be one host with other machines; labels, values by name, which O(update) sets beside those that the machine has;
        groups, a list of the names of the groups that it is for, where an empty one means everyone.
      - All values but port, shared_host, labels and groups must be strings in YAML, and so must the values of labels and the
        groups. So 012345 and yes need quotes. Other types are refused, not converted.
    type: path
    required: true
author: Machine Manager
"""

RETURN = r"""
added: {description: Names of the machines that were added., type: list, returned: always}
changed_machines: {description: Names of the machines that were changed., type: list, returned: always}
present: {description: Names of the machines that were registered before., type: list, returned: always}
failed_machines: {description: Names of the machines that could not be registered and the reasons., type: list, returned: always}
"""

EXAMPLES = r"""
- name: Register the machines
  register_machines:
    api_base: https://localhost
    verify_tls: false
    username: admin
    password: "{{ admin_password }}"
    machines_file: machines.yml
"""

NEEDED = ("name", "host", "port", "user")
LOG_IN = ("password", "private_key")
TEXTS = tuple(field for field in (*NEEDED, *LOG_IN, "host_key") if field != "port")
FIELDS = (*NEEDED, *LOG_IN, "host_key", "shared_host", "labels", "groups")


class Refused(Exception):
    """The service has refused a request."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class Api:
    """A client of the service for one admin. Each thread has its own connection."""

    def __init__(self, base, verify_tls):
        self.url = urllib.parse.urlsplit(base)
        if self.url.scheme not in ("http", "https") or not self.url.hostname:
            raise ValueError(f"api_base is not an address: {base}")
        self.context = None
        if self.url.scheme == "https":
            self.context = ssl.create_default_context() if verify_tls else ssl._create_unverified_context()
        self.token = None
        self.local = threading.local()

    def connect(self):
        if self.context:
            return http.client.HTTPSConnection(self.url.hostname, self.url.port or 443, context=self.context, timeout=120)
        return http.client.HTTPConnection(self.url.hostname, self.url.port or 80, timeout=120)

    def call(self, method, path, body=None):
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = self.local.connection = self.connect()
        try:
            connection.request(method, self.url.path.rstrip("/") + path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.local.connection = None
            raise
        if 300 <= answer.status < 400:
            raise Refused(answer.status, f"it redirects to {answer.headers['Location']}: give that address instead")
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            content = None
        if answer.status >= 400:
            message = content.get("message") if isinstance(content, dict) else None
            raise Refused(answer.status, message or f"{answer.status} {answer.reason}")
        return content

    def login(self, username, password):
        # A request without the password first: an address that only redirects must not get it.
        self.call("GET", "/healthz")
        self.token = self.call("POST", "/login", {"username": username, "password": password})["access_token"]


def register(api, machine, known, update):
    """Registers one machine; the result is one of added, changed, present."""
    body = {field: machine[field] for field in FIELDS if machine.get(field) not in (None, "")}
    missing = [field for field in NEEDED if field not in body]
    if not any(field in body for field in LOG_IN):
        missing.append(" or ".join(LOG_IN))
    if missing:
        raise ValueError("not given: " + ", ".join(missing))
    # YAML reads 012345 as a number and yes as a boolean; the text cannot be restored from these.
    unclear = [field for field in TEXTS if not isinstance(body.get(field, ""), str)]
    if unclear:
        raise ValueError("put it in quotes: " + ", ".join(unclear))
    if not isinstance(body.get("shared_host", False), bool):
        raise ValueError("shared_host is neither true nor false")
    check_labels(body.get("labels", {}))
    groups = body.get("groups", [])
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        raise ValueError("groups is not a list of names; put names in quotes that YAML reads as numbers or booleans")
    body["port"] = port_number(body["port"])
    name = body["name"]
    if name not in known:
        api.call("POST", "/machines", body)
        return "added"
    if update:
        api.call("PATCH", "/machines/" + urllib.parse.quote(name, safe=""), {k: v for k, v in body.items() if k != "name"})
        return "changed"
    differing = [field for field in ("host", "port", "user") if known[name].get(field) != body[field]]
    if differing:
        raise ValueError("is registered with another " + ", ".join(differing) + "; UPDATE=true changes it")
    return "present"


def check_labels(labels):
    """Refuses what is not a mapping of strings; the service knows the other rules."""
    if not isinstance(labels, dict):
        raise ValueError("labels are not values by name")
    unclear = [str(label) for label, value in labels.items() if not isinstance(label, str) or not isinstance(value, str)]
    if unclear:
        raise ValueError("put these labels in quotes, name and value: " + ", ".join(unclear))


def port_number(port):
    """The port as a number; the file may have it as a string."""
    if isinstance(port, str) and port.isascii() and port.isdigit():
        port = int(port)
    if type(port) is not int or not 1 <= port <= 65535:
        raise ValueError("the port is not a number from 1 to 65535")
    return port


def read(path):
    """The machines in the file."""
    with open(path, encoding="utf-8") as file:
        content = yaml.safe_load(file)
    machines = content.get("machines") if isinstance(content, dict) else content
    if not isinstance(machines, list) or not all(isinstance(machine, dict) for machine in machines):
        raise ValueError("it is not a list of machines")
    return machines


def label(number, machine):
    """The name of an entry of the file in the results."""
    name = machine.get("name")
    return name if isinstance(name, str) and name else f"entry {number}"


def main():
    module = AnsibleModule(supports_check_mode=False, argument_spec={
        "api_base": {"type": "str", "required": True},
        "verify_tls": {"type": "bool", "default": True},
        "username": {"type": "str", "required": True},
        "password": {"type": "str", "required": True, "no_log": True},
        "update": {"type": "bool", "default": False},
        "connections": {"type": "int", "default": 8},
        "machines_file": {"type": "path", "required": True},
    })
    given = module.params
    try:
        machines = read(given["machines_file"])
    # For some broken files the parser raises KeyError, RecursionError and others.
    except Exception as problem:  # pylint: disable=broad-exception-caught
        # A parser's message may quote the line, and with it a password.
        where = getattr(problem, "problem_mark", None)
        reason = f"line {where.line + 1} is not YAML" if where else getattr(problem, "strerror", None) or "it is not a list of machines"
        module.fail_json(msg=f"{given['machines_file']} cannot be read: {reason}")
    try:
        api = Api(given["api_base"], given["verify_tls"])
        api.login(given["username"], given["password"])
        known = {machine["name"]: machine for machine in api.call("GET", "/machines")}
    except (KeyError, TypeError):
        module.fail_json(msg=f"{given['api_base']} does not answer as Machine Manager does")
    except (OSError, ValueError, http.client.HTTPException, Refused) as problem:
        module.fail_json(msg=f"cannot log in to {given['api_base']} as {given['username']}: {problem}")

    def work(number, machine):
        name = label(number, machine)
        try:
            return register(api, machine, known, given["update"]), name
        # A failure of one machine must not lose the results of the others.
        except Exception as problem:  # pylint: disable=broad-exception-caught
            return "failed", f"{name}: {problem}"

    results = {"added": [], "changed": [], "present": [], "failed": []}
    with concurrent.futures.ThreadPoolExecutor(max(1, given["connections"])) as pool:
        for outcome, name in pool.map(work, range(1, len(machines) + 1), machines):
            results[outcome].append(name)
    module.exit_json(changed=bool(results["added"] or results["changed"]), added=results["added"], present=results["present"],
                     changed_machines=results["changed"], failed_machines=results["failed"])


if __name__ == "__main__":
    main()
