"""Reserves a machine with the generated client: reserve.py ADDRESS USER PASSWORD."""
import json
import sys

import machine_manager_client as client

address, username, password = sys.argv[1:]
configuration = client.Configuration(host=address)
with client.ApiClient(configuration) as api:
    login = client.LoginRequest(username=username, password=password)
    configuration.access_token = client.LogInApi(api).login(login).access_token
    lease = client.ReservationsApi(api).reserve_machines(client.ReservationRequest(duration_minutes=30, note="python"))
    request = client.RequestsApi(api).get_request(str(lease.request_id))
    try:
        client.RequestsApi(api).get_request("999999")
        error = None
    except client.exceptions.NotFoundException as e:
        error = json.loads(e.body)["error"]
print(json.dumps({"machine": lease.machines[0].machine, "account": lease.username, "note": request.note, "error": error,
                  "password": lease.reservation_password}))
