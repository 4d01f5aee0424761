import Foundation
import PawlCore
import PawlTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Whole studies whose agent is a model behind a scripted server.
@Suite struct AgentStudyTests {
  private static let key = "sk-test-0123456789abcdef"

  /// A proposal of a new value, as a stream of OpenAI's chat completions.
  private static func answer(_ value: String, path: String = "value.txt", tool: String = "propose_change") -> String {
    let arguments =
      #"{\"hypothesis\":\"use \#(value)\",\"edits\":[{\"path\":\"\#(path)\",\"content\":\"\#(value)\\n\"}]}"#
    return """
      data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"\(tool)","arguments":"\(arguments)"}}]}}]}

      data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

      data: {"choices":[],"usage":{"prompt_tokens":100000,"completion_tokens":10000}}

      data: [DONE]


      """
  }

  /// By the price in pawl.yaml.
  private static let costOfAnswer = 0.1 + 0.05

  private static func repository(
    _ server: ScriptedServer, trials: Int, check: String? = nil, agents: String = "", editable: String = "*.txt"
  ) throws -> TemporaryRepository {
    try TemporaryRepository([
      "value.txt": "9\n",
      "pawl.yaml": """
      study: repo
      command: 'echo "loss: $(cat value.txt)"'
      metric: {name: loss, pattern: '^loss: (.*)$', direction: minimize}
      editable: ['\(editable)']
      frozen: [frozen.txt]
      foreign_load: ignore
      ratchet: {calibration: 2}
      stop: {trials: \(trials), spend: 100}
      agents:
        - name: m
          api: openai
          model: scripted
          base_url: http://127.0.0.1:\(server.port)/v1
          key: TEST_KEY
          price: {input: 1, output: 5}
          parallel: 1
          retries: 0
      \(agents)
      \(check.map { "check: \($0)" } ?? "")

      """,
    ])
  }

  private static func run(_ repository: TemporaryRepository) -> ProgramRun {
    repository.pawl("run", environment: ["TEST_KEY": key])
  }

  @Test func `no bad answer stops a study, what was paid is counted, and the key is nowhere`() throws {
    let head = ScriptedServer.streamHead
    let refusal =
      #"data: {"choices":[{"index":0,"delta":{"refusal":"I will not"},"finish_reason":"stop"}]}"#
      + "\n\ndata: [DONE]\n\n"
    let server = try #require(
      ScriptedServer([
        ScriptedServer.stream(Self.answer("8")),
        // Cut in the middle, and asked again for the same trial.
        ScriptedServer.stream(String(Self.answer("7").prefix(200)), isCut: true),
        ScriptedServer.stream(Self.answer("7.5")),
        // A tool that there is none of, then the right one.
        ScriptedServer.stream(Self.answer("7", tool: "rm_rf")), ScriptedServer.stream(Self.answer("7")),
        // A frozen file, twice: refused.
        ScriptedServer.stream(Self.answer("1", path: "frozen.txt")),
        ScriptedServer.stream(Self.answer("1", path: "../../etc/passwd")),
        ScriptedServer.response("<html>gateway</html>", type: "text/html"),
        ScriptedServer.response(""),
        ScriptedServer.response(#"{"error":{"message":"overloaded, key \#(Self.key)","type":"server_error"}}"#),
        ScriptedServer.stream(refusal),
        [
          head,
          .send(
            Array(
              "data: {\"choices\":[{\"delta\":{\"content\":\"\(String(repeating: "x", count: 2 << 20))\"}}]}\n\ndata: [DONE]\n\n"
                .utf8)),
        ],
        ScriptedServer.stream(Self.answer("the key is \(Self.key)")),
        ScriptedServer.stream(Self.answer("6")),
      ]))
    defer { server.stop() }
    let repository = try Self.repository(server, trials: 7)
    let run = Self.run(repository)
    #expect(run.code == 0, "\(run.messages)")
    #expect(run.messages.contains("ended: 7 trials are done"), "\(run.messages)")
    let log = repository.pawl("log", "--all").output
    #expect(log.contains("use 8") && log.contains("use 7.5") && log.contains("use 6"), "\(log)")
    #expect(log.contains("the model would not answer"))
    #expect(log.contains("`../../etc/passwd`"))
    let status = repository.pawl("status").output
    #expect(status.contains("agent     m:"), "\(status)")
    // Eight whole answers; what the cut, the refused and the long one of 2 MB cost is estimated on top of it.
    let paid = try #require(repository.pawl("status", "--json").output.firstNumber(after: "\"cost\" : "))
    #expect(paid >= 8 * Self.costOfAnswer - 1e-9 && paid < 8 * Self.costOfAnswer + 4, "\(paid)")
    #expect(server.requests.allSatisfy { $0.headers["authorization"] == "Bearer \(Self.key)" })
    let leaks = repository.shell("grep -rlF '\(Self.key)' .pawl")
    #expect(leaks.output.isEmpty, "\(leaks.output)")
    #expect(!(run.messages + run.output + log).contains(Self.key))
  }

  @Test func `an answer that was recorded is not asked for again after a kill`() throws {
    let server = try #require(
      ScriptedServer([ScriptedServer.stream(Self.answer("8")), ScriptedServer.stream(Self.answer("7"))]))
    defer { server.stop() }
    // While the candidate is checked, the answer is in the journal and nothing more is.
    let repository = try Self.repository(server, trials: 1, check: "sleep 3")
    let first = try #require(repository.start(["run"], environment: ["TEST_KEY": Self.key]))
    let isRecorded = eventually {
      first.hasEnded || repository.pawl("show", "1", "--json").output.contains("\"number\" : 1")
    }
    try #require(isRecorded && !first.hasEnded, "\(first.messages)")
    first.kill(SIGKILL)
    _ = first.wait()
    #expect(server.requests.count == 1)
    let second = Self.run(repository)
    #expect(second.code == 0, "\(second.messages)")
    #expect(server.requests.count == 1, "the recorded answer is used")
    #expect(repository.pawl("log").output.contains("use 8"))
    let paid = try #require(repository.pawl("status", "--json").output.firstNumber(after: "\"cost\" : "))
    #expect(abs(paid - Self.costOfAnswer) < 1e-9)
  }

  @Test func `what does not pass the check is mended once, by what the check said`() throws {
    let server = try #require(
      ScriptedServer([
        ScriptedServer.stream(Self.answer("bad")), ScriptedServer.stream(Self.answer("5")),
        ScriptedServer.stream(Self.answer("bad")), ScriptedServer.stream(Self.answer("worse")),
      ]))
    defer { server.stop() }
    let repository = try Self.repository(
      server, trials: 2, check: #"'grep -q "^[0-9.]*$" value.txt || { echo "value.txt: not a number"; exit 3; }'"#)
    let run = Self.run(repository)
    #expect(run.code == 0, "\(run.messages)")
    #expect(server.requests.count == 4)
    #expect(server.requests.count > 1 && server.requests[1].body.contains("value.txt: not a number"))
    let log = repository.pawl("log").output
    #expect(log.contains("use 5") && log.contains("did not pass the check"), "\(log)")
    #expect(repository.pawl("show", "2").output.contains("replies:"))
  }

  @Test func `a path at which no file can stand is told to the agent, and stops no study`() throws {
    let long = String(repeating: "x", count: 300)
    let server = try #require(
      ScriptedServer([
        // Below a file that the agent may not edit, which the check alone comes upon.
        ScriptedServer.stream(Self.answer("8", path: "pawl.yaml/x.txt")),
        ScriptedServer.stream(Self.answer("8", path: long)),
        ScriptedServer.stream(Self.answer("7", path: "value.txt/x.txt")), ScriptedServer.stream(Self.answer("7")),
      ]))
    defer { server.stop() }
    let repository = try Self.repository(server, trials: 2, check: "'true'", editable: "**")
    let run = Self.run(repository)
    #expect(run.code == 0, "\(run.messages)")
    let told = server.requests.map(\.body)
    try #require(told.count == 4)
    #expect(told[1].contains("`pawl.yaml/x.txt` cannot be written: a part of its path is no folder"))
    #expect(told[3].contains("`value.txt/x.txt` is below `value.txt`, which is a file"))
    let log = repository.pawl("log").output
    #expect(log.contains("has a name of 300 bytes") && log.contains("use 7"), "\(log)")
  }

  @Test func `a program that is not there ends the study with a hint, and is not started again and again`() throws {
    let repository = try TemporaryRepository([
      "value.txt": "9\n",
      "pawl.yaml": """
      study: repo
      command: 'echo "loss: $(cat value.txt)"'
      metric: {name: loss, pattern: '^loss: (.*)$', direction: minimize}
      editable: ['*.txt']
      foreign_load: ignore
      ratchet: {calibration: 2}
      stop: {trials: 3, for: 1min}
      agents: [{name: mine, command: pawl-no-such-program, parallel: 1}]

      """,
    ])
    let run = repository.pawl("run")
    #expect(run.messages.contains("no agent can be asked: mine: a program was not found inside the sandbox"))
    #expect(run.messages.contains("add its folder to the agent's `read` in pawl.yaml"), "\(run.messages)")
    #expect(!run.messages.contains("it is asked again later") && !run.messages.contains("broken answers"))
    #expect(repository.shell("ls .pawl/repo/logs/agents").output.split(separator: "\n").count == 1)
  }

  @Test func `a server that is away leaves the study to the knobs, and a missing key is told at once`() throws {
    let closed = try #require(ClosedPort())
    let yaml = """
      study: repo
      command: sh train.sh
      metric: {name: loss, pattern: '^loss: (.*)$', direction: minimize}
      editable: [train.sh]
      foreign_load: ignore
      stop: {trials: 5}
      agents:
        - knobs
        - {name: m, api: openai, model: scripted, base_url: 'http://127.0.0.1:\(closed.port)/v1', key: TEST_KEY, retries: 0}

      """
    let repository = try TemporaryRepository(["train.sh": "rate=0.5\necho \"loss: $rate\"\n", "pawl.yaml": yaml])
    let keyless = repository.pawl("run")
    #expect(keyless.code != 0 && keyless.messages.contains("the variable `TEST_KEY` with the key is not set"))
    #expect(!repository.exists(".pawl/repo/journal.sqlite"))
    let run = repository.pawl("run", environment: ["TEST_KEY": Self.key])
    #expect(run.code == 0, "\(run.messages)")
    #expect(run.messages.contains("it is asked again later"), "\(run.messages)")
    #expect(run.messages.contains("ended: 5 trials are done"), "\(run.messages)")
  }
}

extension String {
  fileprivate func firstNumber(after mark: String) -> Double? {
    guard let place = range(of: mark) else { return nil }
    return Double(self[place.upperBound...].prefix { $0.isNumber || $0 == "." || $0 == "e" || $0 == "-" })
  }
}
