// Reserves a machine with the generated client: reserve.js ADDRESS USER PASSWORD.
import { Configuration, LogInApi, RequestsApi, ReservationsApi, ResponseError } from "./client";

declare const process: { argv: string[] };

async function main(): Promise<void> {
  const [basePath, username, password] = process.argv.slice(2);
  const anonymous = new LogInApi(new Configuration({ basePath }));
  const { accessToken } = await anonymous.login({ loginRequest: { username, password } });
  const configuration = new Configuration({ basePath, accessToken });
  const requests = new RequestsApi(configuration);
  const lease = await new ReservationsApi(configuration).reserveMachines({
    reservationRequest: { durationMinutes: 30, note: "typescript" },
  });
  const request = await requests.getRequest({ id: String(lease.requestId) });
  const error = await requests.getRequest({ id: "999999" }).then(() => null, async (failure: ResponseError) =>
    (await failure.response.json()).error);
  console.log(JSON.stringify({ machine: lease.machines![0].machine, account: lease.username, note: request.note, error,
    password: lease.reservationPassword }));
}

void main();
