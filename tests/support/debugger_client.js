// A real debug client, the one that debug adapters for Visual Studio Code are tested with:
// attaches, stops, looks, steps, continues, detaches. Says in a line each what it has done, as
// the request that is to stop comes from elsewhere.
//
//     node debugger_client.js PORT FILE LINE LINE_AFTER VARIABLE VALUE
'use strict';

const { DebugClient } = require('@vscode/debugadapter-testsupport');

const [port, file, line, lineAfter, variable, value] = process.argv.slice(2);

async function main() {
  const client = new DebugClient('', '', 'python');
  client.defaultTimeout = 60000;
  await client.start(Number(port));
  // Waits are armed before what causes the events; `attach` is answered after configurationDone.
  const initialized = client.waitForEvent('initialized');
  await client.initializeRequest();
  const attached = client.attachRequest({ name: 'attach', type: 'python', request: 'attach' });
  await initialized;
  const set = await client.setBreakpointsRequest({
    source: { path: file }, breakpoints: [{ line: Number(line) }], lines: [Number(line)] });
  check(set.body.breakpoints[0].verified, true);
  await client.setExceptionBreakpointsRequest({ filters: [] });
  const stopped = client.assertStoppedLocation('breakpoint', { path: file, line: Number(line) });
  await client.configurationDoneRequest();
  await attached;
  console.log('attached');

  const stack = await stopped;
  const frame = stack.body.stackFrames[0];
  const scopes = await client.scopesRequest({ frameId: frame.id });
  const found = await client.variablesRequest(
    { variablesReference: scopes.body.scopes[0].variablesReference });
  check(found.body.variables.find((one) => one.name === variable).value, value);
  console.log('stopped');

  const threads = await client.threadsRequest();
  const threadId = threads.body.threads.find((one) => one.name.includes('GET')).id;
  const stepped = client.assertStoppedLocation('step', { path: file, line: Number(lineAfter) });
  await client.nextRequest({ threadId });
  await stepped;
  await client.continueRequest({ threadId });
  console.log('continued');

  await client.disconnectRequest({ terminateDebuggee: false });
  console.log('detached');
  process.exit(0);
}

function check(got, wanted) {
  if (got !== wanted) throw new Error(`got ${got}, not ${wanted}`);
}

main().catch((error) => {
  console.log(error.stack || String(error));
  process.exit(1);
});
