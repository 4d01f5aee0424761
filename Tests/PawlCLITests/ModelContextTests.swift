import CPawlSystem
import PawlCore
import PawlTestSupport
import Testing

@testable import PawlCLI

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A client's side of `pawl mcp`: lines in through a pipe, messages out of what it printed.
private final class Conversation {
  let program: RunningProgram
  private var pipe: Int32
  private var read = 0

  private let name: String

  init(_ repository: TemporaryRepository, name: String = "a client") throws {
    self.name = name
    let path = "\(repository.place)/pipe-\(UInt64.random(in: .min ... .max))"
    try #require(mkfifo(path, 0o600) == 0)
    // For reading too, as opening a pipe that nobody reads would block.
    pipe = pawl_open(path, O_RDWR, 0)
    program = try #require(repository.start(["mcp"], input: path))
  }

  deinit { close() }

  func close() {
    if pipe >= 0 { systemClose(pipe) }
    pipe = -1
  }

  func send(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { write(pipe, $0.baseAddress, $0.count) }
      guard count > 0 else {
        Issue.record("the pipe is broken")
        return
      }
      sent += count
    }
  }

  /// Returns the next message.
  func next() throws -> JSONValue {
    var lines: [Substring] = []
    let came = eventually {
      lines = program.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      return lines.count > read || program.hasEnded
    }
    try #require(came && lines.count > read, "\(program.messages)")
    read += 1
    return try #require(JSONValue(String(lines[read - 1])))
  }

  func begin() throws {
    send(
      #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","clientInfo":{"name":"\#(name)","version":"1"}}}"#
    )
    try #require(try next()["result"]?["protocolVersion"] == .string("2025-06-18"))
    send(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
  }

  /// Calls a tool; progress on the way is left out.
  func call(_ tool: String, _ arguments: String = "{}", id: Int = 1) throws -> JSONValue {
    send(#"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":"\#(tool)","arguments":\#(arguments)}}"#)
    var message = try next()
    while message["id"] == nil { message = try next() }
    return try #require(message["result"], "\(message.text)")
  }
}

private func systemClose(_ descriptor: Int32) {
  #if canImport(Glibc)
    Glibc.close(descriptor)
  #else
    Darwin.close(descriptor)
  #endif
}

extension JSONValue {
  fileprivate var said: String { self["content"]?.array?.first?["text"]?.string ?? "" }
  fileprivate var isFailure: Bool { self["isError"] == .boolean(true) }
  fileprivate var data: JSONValue? { self["structuredContent"] }
}

@Suite struct `pawl mcp` {
  @Test func `begins the study with the first proposal and judges it`() throws {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell(), "prepare.sh": "frozen\n"])
    try #require(repository.initialise().code == 0)
    let client = try Conversation(repository)
    try client.begin()
    #expect(try client.call("status").data?["running"] == .boolean(false))
    let edit = #"{"hypothesis":"deeper","edits":[{"path":"train.sh","search":"depth=4","replace":"depth=7"}]}"#
    let proposed = try client.call("propose", edit)
    #expect(proposed.data?["trial"] == .integer(1) && proposed.data?["base"] == .integer(0), "\(proposed.text)")
    let verdict = try client.call("wait", #"{"trial":1,"seconds":600}"#)
    #expect(verdict.data?["ended"] == .boolean(true) && verdict.data?["trial"]?["standing"] == .string("kept"))
    #expect(verdict.data?["trial"]?["agent"] == .string("a-client"))
    let evidence = try client.call("evidence", #"{"trial":1}"#)
    #expect(evidence.said.contains("| +depth=7") && evidence.said.contains("never an order"), "\(evidence.said)")
    #expect(try client.call("read", #"{"path":"./train.sh"}"#).said.contains("depth=7"))
    #expect(try client.call("read", #"{"path":"train.sh","base":"baseline"}"#).said.contains("depth=4"))
    #expect(try client.call("read").data?["files"]?.array?.count == 1)
    #expect(try client.call("history", #"{"verdict":"kept","text":"deeper"}"#).data?["trials"]?.array?.count == 1)
    let steered = try client.call("steer", #"{"hint":"go wide"}"#)
    #expect(steered.data?["hints"]?.array?.count == 1)
    #expect(steered.data?["hints"]?.array?.first?["by_person"] == .boolean(false), "\(steered.text)")
    #expect(steered.said.contains("hint 1: go wide (the agent "), "\(steered.said)")
    #expect(try client.call("steer", #"{"done":1}"#).data?["hints"]?.array == [])
    // A person's word is not an agent's to take back.
    #expect(repository.pawl("steer", "go deep").code == 0)
    #expect(try client.call("steer", #"{"done":2}"#).said.contains("hint 2 is not yours: a person gave it"))
    #expect(repository.pawl("status").output.contains("study     repo, run"), "others see that it runs")
    client.close()
    #expect(client.program.wait().code == 0)
    #expect(repository.pawl("status").output.contains("not running"))
  }

  @Test func `keeps a notebook and claims with others, and touches nobody else's`() throws {
    let study = try GatedStudy()
    let repository = study.repository
    let program = try study.start("--trials", "1")
    let client = try Conversation(repository)
    try client.begin()
    #expect(try client.call("notes").data?["notes"]?.array == [])
    let added = try client.call("notes", #"{"add":"wide\nis slow","trial":0}"#)
    #expect(added.data?["notes"]?.array?.first?["text"] == .string("wide is slow"), "\(added.text)")
    #expect(added.data?["notes"]?.array?.first?["by_person"] == .boolean(false))
    #expect(added.said.contains("| note 1: wide is slow (the agent a-client, on trial 0)"), "\(added.said)")
    #expect(repository.pawl("notes", "add", "mine").code == 0)
    #expect(try client.call("notes", #"{"drop":2}"#).said.contains("note 2 is not yours: a person wrote it"))
    #expect(try client.call("notes", #"{"drop":9}"#).said.contains("there is no note 9"))
    let claimed = try client.call("claim", #"{"topic":"the optimiser","minutes":90}"#)
    let left = claimed.data?["claims"]?.array?.first?["seconds_left"]?.double ?? 0
    #expect(left > 5_000 && left <= 5_400, "\(claimed.text)")
    #expect(try client.call("claim", #"{"topic":"x","minutes":1441}"#).isFailure)
    #expect(try client.call("claim", #"{"topic":" "}"#).said.contains("1 to 300 bytes"))
    let listed = repository.pawl("notes").output
    #expect(listed.contains("claim 1  the optimiser (the agent a-client, for "), "\(listed)")
    #expect(repository.pawl("ban", "--knob", "width").code == 0 && repository.pawl("pin", "0").code == 0)
    let status = try client.call("status")
    #expect(status.data?["bans"] == .array([.string("the constant `width`")]), "\(status.text)")
    #expect(status.data?["pins"] == .array([.integer(0)]) && status.data?["claims"]?.array?.count == 1)
    #expect(status.data?["notes"] == .integer(2))
    let other = try Conversation(repository, name: "another")
    try other.begin()
    #expect(try other.call("claim", #"{"release":1}"#).said.contains("claim 1 is not yours: the agent `a-client`"))
    #expect(try other.call("notes", #"{"drop":1}"#).said.contains("note 1 is not yours: the agent `a-client`"))
    #expect(try client.call("claim", #"{"release":1}"#).data?["claims"]?.array == [])
    let edit =
      #"{"hypothesis":"deep","edits":[{"path":"train.sh","search":"depth=4","replace":"depth=8"}],"cites":["note 1","trial 77"],"note":"depth pays"}"#
    let proposed = try client.call("propose", edit)
    #expect(proposed.said.contains("not cited, as the study has no such thing: trial 77"), "\(proposed.said)")
    let trial = proposed.data?["trial"]?.integer ?? 0
    #expect(try client.call("notes").said.contains("note 3: depth pays (the agent a-client, on trial \(trial))"))
    #expect(
      repository.pawl("show", "\(trial)").output.contains("cites     note 1; unknown, and so left out: trial 77\n"))
    #expect(try client.call("notes", #"{"drop":1}"#).data?["notes"]?.array?.count == 2)
    try study.open()
    #expect(program.wait().code == 0)
  }

  @Test func `hands the working tree in, and leaves it alone`() throws {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell(), "prepare.sh": "frozen\n"])
    try #require(repository.initialise().code == 0)
    let client = try Conversation(repository)
    try client.begin()
    #expect(
      try client.call("propose", #"{"hypothesis":"x","working_tree":true}"#).said.contains("nothing editable differs"))
    repository.shell("sed -i 's/depth=4/depth=7/' train.sh; echo thawed > prepare.sh")
    let before = try repository.git("status", "--porcelain")
    let proposed = try client.call("propose", #"{"hypothesis":"deeper","working_tree":true}"#)
    #expect(proposed.data?["left_out"] == .array([.string("prepare.sh")]), "\(proposed.text)")
    let verdict = try client.call("wait", #"{"offer":"\#(proposed.data?["offer"]?.string ?? "")","seconds":600}"#)
    #expect(verdict.data?["trial"]?["standing"] == .string("kept"), "\(verdict.text)")
    #expect(try repository.git("status", "--porcelain") == before)
  }

  @Test func `says what is wrong with a call, in words for whoever made it`() throws {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell(), "prepare.sh": "frozen\n"])
    try #require(repository.initialise().code == 0)
    try #require(repository.pawl("run", "--trials", "1", "--quiet").code == 0)
    let client = try Conversation(repository)
    try client.begin()
    for (tool, arguments, words) in [
      ("propose", "{}", "`hypothesis` is missing"), ("propose", #"{"hypothesis":"x"}"#, "pass either"),
      ("propose", #"{"hypothesis":7,"edits":[]}"#, "`hypothesis` is no text"),
      ("propose", #"{"hypothesis":"x","edits":[],"working_tree":true}"#, "pass either"),
      (
        "propose", #"{"hypothesis":"x","edits":[{"path":"train.sh","search":"nowhere","replace":"y"}]}"#,
        "does not occur"
      ),
      ("propose", #"{"hypothesis":"x","edits":[{"path":"prepare.sh","content":"y"}]}"#, "outside the editable set"),
      ("propose", #"{"hypothesis":"x","edits":[{"path":"../x","content":"y"}]}"#, "climbs out"),
      ("propose", #"{"hypothesis":"x","edits":"all"}"#, "`edits` is no list"),
      ("propose", #"{"hypothesis":"x","edits":[{"path":"n","content":"y"}],"base":"best"}"#, "`base` is `best`"),
      ("propose", #"{"hypothesis":"x","edits":[{"path":"n","content":"y"}],"base":77}"#, "there is no trial `77`"),
      ("wait", "{}", "pass either"), ("wait", #"{"trial":99}"#, "there is no trial `99`"),
      ("wait", #"{"trial":-1}"#, "no whole number"), ("wait", #"{"trial":1,"seconds":1e9}"#, "no number from"),
      ("evidence", "{}", "`trial` is missing"), ("evidence", #"{"trial":"one"}"#, "no whole number"),
      ("history", #"{"verdict":"great"}"#, "not a verdict"), ("history", #"{"last":0}"#, "no whole number"),
      ("read", #"{"path":"prepare.sh"}"#, "no editable file"),
      ("read", #"{"path":"train.sh","from_line":99}"#, "no whole number"),
      ("steer", #"{"done":5}"#, "no hint 5 is open"), ("steer", #"{"hint":" "}"#, "1 to 2000 bytes"),
    ] {
      let answer = try client.call(tool, arguments)
      #expect(answer.isFailure && answer.said.contains(words), "\(tool) \(arguments): \(answer.text)")
    }
  }

  @Test func `goes at once when its client goes, and what was under way is made again`() throws {
    let study = try GatedStudy()
    let repository = study.repository
    let client = try Conversation(repository)
    try client.begin()
    let edit = #"{"hypothesis":"deep","edits":[{"path":"train.sh","search":"depth=4","replace":"depth=8"}]}"#
    try #require(try client.call("propose", edit).data?["trial"] == .integer(1))
    client.send(
      #"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"wait","arguments":{"trial":1,"seconds":3600}}}"#
    )
    // The gate is shut, so nothing would ever end by itself.
    let log = "\(repository.root)/.pawl/repo/logs/0/1.log"
    try #require(eventually { repository.exists(log) })
    client.close()
    #expect(client.program.wait().code == 0)
    try study.open()
    let next = try Conversation(repository)
    try next.begin()
    let verdict = try next.call("wait", #"{"trial":1,"seconds":600}"#)
    #expect(verdict.data?["trial"]?["standing"] == .string("kept"), "\(verdict.text)")
  }

  @Test func `ends the session that runs, though an earlier one of the same process has ended`() throws {
    let study = try GatedStudy()
    let repository = study.repository
    repository.shell("sed -i '1a [ ! -e \(study.gate)/fail ] || exit 1' train.sh")
    try repository.commit("fail where it is told to")
    try repository.write("", to: "\(study.gate)/fail")
    let client = try Conversation(repository)
    try client.begin()
    // Whether it is taken in before the baseline fails does not matter.
    _ = try client.call(
      "propose", #"{"hypothesis":"deep","edits":[{"path":"train.sh","search":"depth=4","replace":"depth=8"}]}"#)
    let failed = try client.call("wait", #"{"offer":"not made yet","seconds":600}"#)
    #expect(failed.said.contains("the study cannot go on"), "\(failed.text)")
    repository.shell("rm \(study.gate)/fail")
    _ = try client.call("wait", #"{"offer":"not made yet","seconds":0}"#)
    study.expectState("run")
    // The session writes its report when it ends.
    let report = "\(repository.root)/.pawl/repo/report.html"
    repository.shell("rm \(report)")
    client.close()
    #expect(client.program.wait().code == 0)
    #expect(repository.exists(report))
  }

  @Test func `ends at once when its terminal is lost`() throws {
    let study = try GatedStudy()
    let client = try Conversation(study.repository)
    try client.begin()
    let edit = #"{"hypothesis":"deep","edits":[{"path":"train.sh","search":"depth=4","replace":"depth=8"}]}"#
    try #require(try client.call("propose", edit).data?["trial"] == .integer(1))
    client.program.kill(SIGHUP)
    #expect(client.program.wait().code == 130)
    study.expectState("not running")
  }

  @Test func `stops waiting for a call that is cancelled, and answers others meanwhile`() throws {
    let study = try GatedStudy()
    let client = try Conversation(study.repository)
    try client.begin()
    let edit = #"{"hypothesis":"deep","edits":[{"path":"train.sh","search":"depth=4","replace":"depth=8"}]}"#
    try #require(try client.call("propose", edit).data?["trial"] == .integer(1))
    client.send(
      #"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"wait","arguments":{"trial":1,"seconds":3600},"_meta":{"progressToken":"p"}}}"#
    )
    let told = try client.next()
    #expect(told["method"] == .string("notifications/progress") && told["params"]?["progressToken"] == .string("p"))
    client.send(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}}"#)
    #expect(try client.call("status", id: 6).data?["running"] == .boolean(true))
    let brief = try client.call("wait", #"{"trial":1,"seconds":0}"#, id: 7)
    #expect(brief.data?["ended"] == .boolean(false) && brief.said.contains("call `wait` again"))
  }

  @Test func `leaves judging to the process that runs the study`() throws {
    let study = try GatedStudy()
    let program = try study.start("--trials", "3")
    let client = try Conversation(study.repository)
    try client.begin()
    let edit = #"{"hypothesis":"deep","edits":[{"path":"train.sh","search":"depth=4","replace":"depth=8"}]}"#
    #expect(try client.call("propose", edit).data?["trial"] != .null)
    try study.open()
    #expect(program.wait().code == 0)
    client.close()
    #expect(client.program.wait().code == 0)
  }

  @Test func `cuts what is long, and says so`() throws {
    let long = String(repeating: "# padding\n", count: 6_000)
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell() + "exit 0\n" + long])
    try #require(repository.initialise().code == 0)
    let client = try Conversation(repository)
    try client.begin()
    let content = JSONValue.string(TrainingScript.shell() + "exit 0\n" + long.replacing("padding", with: "other")).text
    _ = try client.call("propose", #"{"hypothesis":"x","edits":[{"path":"train.sh","content":\#(content)}]}"#)
    _ = try client.call("wait", #"{"trial":1,"seconds":600}"#)
    let evidence = try client.call("evidence", #"{"trial":1}"#)
    #expect(evidence.data?["cut"] == .array([.string("diff")]) && evidence.text.utf8.count < 140_000)
    #expect(evidence.said.contains("[cut: ") && evidence.said.contains("`pawl show 1` has all of it"))
    let read = try client.call("read", #"{"path":"train.sh"}"#)
    guard let line = read.data?["next_line"]?.integer else {
      Issue.record("it does not go on: \(read.text.prefix(300))")
      return
    }
    #expect(read.said.contains("[cut: it goes on at line \(line) of "))
    let rest = try client.call("read", #"{"path":"train.sh","from_line":\#(line)}"#)
    #expect(
      (read.data?["content"]?.string ?? "") + (rest.data?["content"]?.string ?? "") == TrainingScript.shell()
        + "exit 0\n"
        + long)
  }

  private static let python = getenv("PAWL_MCP_PYTHON").map { String(cString: $0) }

  @Test(
    .enabled(if: python != nil, "set PAWL_MCP_PYTHON to a Python that has the `mcp` package from PyPI"),
    arguments: [("legacy", "2025-11-25"), ("auto", "2026-07-28"), ("2026-07-28", "2026-07-28")])
  func `is understood by the official client`(mode: String, revision: String) throws {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell(before: "sleep 0.3")])
    try #require(repository.initialise().code == 0)
    let script =
      "/" + "\(#filePath)".split(separator: "/").dropLast().joined(separator: "/") + "/Clients/official_client.py"
    let run = try #require(
      RunningProgram(
        Self.python ?? "", [script, TemporaryRepository.program, repository.root, mode],
        environment: ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=\(repository.home)"], directory: repository.root,
        captureIn: "\(repository.place)/client")
    ).wait()
    try #require(run.code == 0, "\(run.messages)")
    let seen = try #require(JSONValue(run.output))
    #expect(seen["revision"] == .string(revision))
    for name in ["propose", "wait", "status", "history", "evidence", "read", "steer", "notes", "claim"] {
      #expect(seen["tools"]?[name] == .boolean(true), "\(name) has no schema of its answer")
    }
    #expect(seen["verdict"]?["data"]?["trial"]?["standing"] == .string("kept"))
    #expect(seen["progress"]?.array?.isEmpty == false)
    #expect(seen["file"]?["text"]?.string?.contains("depth=7") == true)
    #expect(seen["after"]?["data"]?["head"] == .integer(1))
    for name in ["misfit", "frozen", "unknown", "nonsense"] {
      #expect(seen[name]?["failed"] == .boolean(true), "\(name)")
    }
    for name in ["before", "proposed", "verdict", "evidence", "history", "files", "file", "steered", "after"] {
      #expect(seen[name]?["failed"] == .boolean(false), "\(name): \(seen[name]?.text ?? "")")
    }
  }
}
