"""healthcheck.py PORT: exit status 0 when the service's management port says that it is ready.

The image has Python because Ansible needs it. A socket is used because Python's HTTP client takes several times longer
to start.
"""
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=4) as connection:
    connection.sendall(b"GET /q/health/ready HTTP/1.0\r\nHost: localhost\r\n\r\n")
    status = connection.makefile("rb").readline().split()
sys.exit(len(status) < 2 or status[1] != b"200")
