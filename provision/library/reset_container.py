#!/usr/bin/python
"""Makes a container of the pool anew: a new container from the same image and with the same settings takes its place.

It speaks to the Docker engine itself, with nothing but Python's own library, since that is all that there is where the
scheduler runs. What a run that was killed has left is taken up by the next one.
"""
import http.client
import json
import re
import socket
import urllib.parse

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: reset_container
short_description: Makes a container of the pool anew
options:
  name:
    description: The container. It must be one that provision.yml has made.
    type: str
    required: true
  port:
    description: The port of this host at which the machine is registered. The container must have it.
    type: int
    required: true
  password:
    description: The password of root in the new container. Without it, root has none.
    type: str
  socket:
    description: The socket of the Docker engine.
    type: path
    default: /var/run/docker.sock
"""

LABEL = "machine-manager.machine"
KEYS = ":/etc/ssh/keys"
# What a run may have left: the new container before it has its name.
SUFFIX = ".new"
MAX_SAID = 300


class EngineError(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class Engine:
    def __init__(self, path):
        self.path = path

    def connection(self):
        connection = http.client.HTTPConnection("localhost", timeout=60)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(60)
        try:
            connection.sock.connect(self.path)
        except OSError as error:
            raise EngineError(0, f"The Docker engine does not answer at {self.path}: {error.strerror}. "
                                 "The scheduler must be able to use this socket.") from error
        return connection

    def call(self, method, path, body=None):
        connection = self.connection()
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            raise EngineError(answer.status, f"The Docker engine refuses {method} {path}: {said_in(text)}")
        return json.loads(text) if text else {}

    def find(self, name):
        try:
            return self.call("GET", f"/containers/{quote(name)}/json")
        except EngineError as error:
            if error.status == 404:
                return None
            raise

    def remove(self, name):
        # with its anonymous volumes; one with a name stays
        self.call("DELETE", f"/containers/{quote(name)}?force=1&v=1")

    def run(self, name, command, text=""):
        """Runs a command in a container, and gives it a text on its standard input."""
        made = self.call("POST", f"/containers/{quote(name)}/exec", {
            "AttachStdin": True, "AttachStdout": True, "AttachStderr": True, "User": "0", "Cmd": command})
        connection = self.connection()
        try:
            connection.request("POST", f"/exec/{made['Id']}/start", json.dumps({"Detach": False, "Tty": False}),
                               {"Content-Type": "application/json", "Connection": "Upgrade", "Upgrade": "tcp"})
            stream = connection.sock
            answer = connection.getresponse()
            if answer.status >= 400:
                raise EngineError(answer.status, f"The command {command[0]} did not start: {said_in(answer.read())}")
            stream.sendall(text.encode())
            stream.shutdown(socket.SHUT_WR)
            while stream.recv(65536):
                pass
        finally:
            connection.close()
        status = self.call("GET", f"/exec/{made['Id']}/json")["ExitCode"]
        if status != 0:
            raise EngineError(0, f"The command {command[0]} in the new container ended with exit status {status}.")


def quote(name):
    return urllib.parse.quote(name, safe="")


def said_in(text):
    try:
        return str(json.loads(text)["message"])[:MAX_SAID]
    except (ValueError, KeyError, TypeError):
        return text[:MAX_SAID].decode(errors="replace")


def check(container, name, port):
    if container["Config"]["Labels"].get(LABEL) != "true":
        raise EngineError(0, f"The container {name} was not made by provision, so it is left alone.")
    bindings = container["HostConfig"].get("PortBindings") or {}
    if str(port) not in {binding.get("HostPort") for port_bindings in bindings.values() for binding in port_bindings or []}:
        raise EngineError(0, f"The container {name} does not have the port {port} of the machine, so it is left alone.")


def create(engine, old, name):
    """Creates the new container beside the old one, so that its settings are never lost."""
    # In a machine of an earlier version, a user with the rights of root could replace the host keys.
    binds = [re.sub(KEYS + "(:rw)?$", KEYS + ":ro", bind) for bind in old["HostConfig"].get("Binds") or []]
    body = {**old["Config"], "HostConfig": {**old["HostConfig"], "Binds": binds}}
    networks = {network: {"IPAMConfig": end.get("IPAMConfig"), "Aliases": end.get("Aliases")}
                for network, end in old["NetworkSettings"]["Networks"].items() if network != "bridge"}
    if networks:
        body["NetworkingConfig"] = {"EndpointsConfig": networks}
    path = "/containers/create?name=" + quote(name)
    try:
        engine.call("POST", path, body)
    except EngineError as error:
        if error.status != 404:
            raise
        # the image has another name by now, or none
        engine.call("POST", path, {**body, "Image": old["Image"]})


def reset(engine, name, port, password):
    fresh = name + SUFFIX
    old, left = engine.find(name), engine.find(fresh)
    if old is None and left is None:
        raise EngineError(0, f"There is no container {name}.")
    check(old or left, name, port)
    if old is not None:
        if left is not None:
            engine.remove(fresh)
        create(engine, old, fresh)
        engine.remove(name)
    engine.call("POST", f"/containers/{quote(fresh)}/rename?name={quote(name)}")
    engine.call("POST", f"/containers/{quote(name)}/start")
    if password is not None:
        engine.run(name, ["chpasswd"], f"root:{password}\n")


def main():
    module = AnsibleModule(argument_spec={
        "name": {"type": "str", "required": True},
        "port": {"type": "int", "required": True},
        "password": {"type": "str", "no_log": True},
        "socket": {"type": "path", "default": "/var/run/docker.sock"},
    })
    try:
        reset(Engine(module.params["socket"]), module.params["name"], module.params["port"], module.params["password"])
    except EngineError as error:
        module.fail_json(msg=str(error))
    except (OSError, ValueError, http.client.HTTPException) as error:
        module.fail_json(msg=f"The Docker engine did not answer as expected: {error}")
    module.exit_json(changed=True)


if __name__ == "__main__":
    main()
