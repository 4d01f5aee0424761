/// Any command, by `sh -c`: `PAWL_PROMPT` names the file with its task, which is also on its standard input.
///
/// Where it prints the lines of `claude -p --output-format stream-json`, as a script around that does, they are read as such.
struct CommandDialect: ProgramDialect {
  let shell: String
  let name = "the command"
  let saysWhenItIsDone = false

  func words(_ call: ProgramCall) -> [String] { ["/bin/sh", "-c", shell] }
  func environment(_ call: ProgramCall) -> [String: String] { call.isConfined ? ["IS_SANDBOX": "1"] : [:] }
  func read(_ line: String, into reading: inout TranscriptReading) { ClaudeDialect().read(line, into: &reading) }
}
