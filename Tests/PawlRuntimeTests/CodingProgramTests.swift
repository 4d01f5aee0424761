import Foundation
import PawlCore
import PawlGuard
import PawlSandbox
import PawlTestSupport
import PawlWorkspace
import Testing

@testable import PawlRuntime

@Suite struct `A coding program` {
  private let command = ProgramRule.Program.command("")

  @Test func `gets its task and leaves edits, a hypothesis and its last words`() throws {
    let place = try ProgramPlace()
    let turn = try place.turn(
      command,
      """
      grep -q 'Make it better' "$PAWL_PROMPT" && grep -q better || exit 3
      [ -e prepare.py ] && [ ! -e .git ] || exit 4
      sed -i 's/wd = 2/wd = 3/' train.py
      rm lib/a.py; printf 'y = 1\\n' > lib/b.py
      printf '\\n  raise the decay: weights drift\\nmore\\n' > "$PAWL_HYPOTHESIS"
      echo thinking; printf 'done, I \\033[1mthink\\033[0m'
      """)
    #expect(turn.reply.end == .finished)
    #expect(
      turn.reply.edits == [
        FileEdit(path: "lib/a.py", change: .removed),
        FileEdit(path: "lib/b.py", change: .content("y = 1\n")),
        FileEdit(path: "train.py", change: .lines([.init(line: 2, old: "wd = 2", new: "wd = 3")])),
      ])
    #expect(turn.hypothesis == "raise the decay: weights drift")
    #expect(turn.reply.text == "Hypothesis: raise the decay: weights drift\n\nthinking\ndone, I think")
    #expect(turn.refused == [] && !turn.isCancelled && turn.level == .full)
    #expect(turn.reply.agent == "coder" && turn.reply.trial.rawValue == 7 && turn.reply.number == 1)
    #expect(turn.reply.seconds > 0 && turn.reply.cost == 0)
    #expect(!place.repository.exists(place.paths.agent(TrialID(rawValue: 7))))
    #expect(place.log.contains("thinking\n"))
    #expect(try place.repository.git("status", "--porcelain") == "")
  }

  @Test func `has what it did to frozen and outside files refused, by name`() throws {
    let place = try ProgramPlace(["notes.md": "n\n", "gone.md": "g\n", "asis.md": "a\n"])
    let turn = try place.turn(
      command,
      """
      echo 'data = 2' > prepare.py; echo m > notes.md; rm gone.md; echo x > new.txt
      touch asis.md; cp train.py t && mv t train.py; chmod +x lib/a.py
      ln -s /etc/passwd lib/link.py; mkfifo lib/pipe.py; printf 'a\\000b' > lib/nul.py; printf '\\377' > lib/bytes.py
      head -c 1100000 /dev/zero | tr '\\0' a > lib/big.py; mkdir -p .git && echo x > .git/config
      mkdir -p __pycache__ out lib/__pycache__; touch __pycache__/t.pyc lib/__pycache__/a.pyc out/m run.log .aider.tags
      echo 'z = 1' > lib/z.py; echo pawl > .pawl/x.py
      """)
    #expect(turn.reply.end == .finished)
    #expect(turn.reply.edits == [FileEdit(path: "lib/z.py", change: .content("z = 1\n"))])
    #expect(
      turn.refused.map(\.reason) == [
        "`.git/config` is inside `.git`", "`gone.md` is outside the editable set",
        "`lib/big.py` is larger than 1.00 MiB, or cannot be read", "`lib/bytes.py` is not text",
        "`lib/link.py` is a symbolic link", "`lib/nul.py` is not text", "`lib/pipe.py` is no regular file",
        "`new.txt` is outside the editable set", "`notes.md` is outside the editable set", "`prepare.py` is frozen",
      ])
    #expect(turn.refused.map(\.path).first == ".git/config")
  }

  @Test func `is refused what is too much together`() throws {
    let place = try ProgramPlace()
    let turn = try place.turn(
      command, "for n in 1 2 3; do head -c 500000 /dev/zero | tr '\\0' a > lib/$n.py; done")
    #expect(turn.reply.edits.map(\.path) == ["lib/1.py", "lib/2.py"])
    #expect(turn.refused.map(\.path) == ["lib/3.py"])
  }

  @Test func `goes on with what it did before`() throws {
    let place = try ProgramPlace()
    let earlier = [
      FileEdit(path: "lib/new/b.py", change: .content("y = 1\n")), FileEdit(path: "lib/a.py", change: .removed),
      FileEdit(path: "train.py", change: .lines([.init(line: 1, old: "lr = 1", new: "lr = 5")])),
    ]
    let program = place.program(.command("[ ! -e lib/a.py ] && echo 'y = 2' >> lib/new/b.py"))
    // What is there when it starts is what it had; the edits are against the parent again.
    let turn = program.run(place.task(earlier: earlier), cancellation: Cancellation())
    #expect(turn.reply.end == .finished)
    #expect(
      turn.reply.edits == [
        FileEdit(path: "lib/a.py", change: .removed),
        FileEdit(path: "lib/new/b.py", change: .content("y = 1\ny = 2\n")),
        FileEdit(path: "train.py", change: .lines([.init(line: 1, old: "lr = 1", new: "lr = 5")])),
      ])
    let frozen = [FileEdit(path: "prepare.py", change: .removed)]
    let refused = program.run(place.task(earlier: frozen), cancellation: Cancellation())
    #expect(refused.reply.end.reason.contains("`prepare.py` is frozen"))
  }

  @Test func `that changes nothing has finished without edits`() throws {
    let turn = try ProgramPlace().turn(command, "echo nothing to do")
    #expect(turn.reply.end == .finished && turn.reply.edits == [] && turn.reply.text == "nothing to do")
  }

  @Test func `that fails says so with its code, its last line and what it cost`() throws {
    let turn = try ProgramPlace().turn(command, "echo 'lr = 2' > train.py; echo; echo 'no such model: x'; exit 9") {
      $0.assumedCost = 0.25
    }
    #expect(turn.reply.end == .broken(reason: "`the command` failed with code 9: no such model: x"))
    #expect(turn.reply.cost == 0.25 && turn.reply.edits.map(\.path) == ["train.py"])
  }

  @Test(arguments: [ProgramRule.Program.claude, .codex, .gemini, .aider])
  func `that is not installed costs nothing and says what to do`(_ kind: ProgramRule.Program) throws {
    let turn = try ProgramPlace().turn(kind) { $0.assumedCost = 1 }
    let name = kind.dialect.name
    #expect(
      turn.reply.end
        == .broken(
          reason:
            "`\(name)` was not found inside the sandbox: install it, or add its folder to the agent's `read` in pawl.yaml"
        ))
    #expect(turn.reply.cost == 0)
    #expect(turn.absence?.kind == .lasting && turn.absence?.reason == "`\(name)` was not found inside the sandbox")
  }

  @Test func `that began before something in it was not found is no program that is not there`() throws {
    let place = try ProgramPlace()
    #expect(try place.turn(command, "pawl-no-such-program").absence?.kind == .lasting)
    #expect(try place.turn(command, "echo 'lr = 2' > train.py; pawl-no-such-program").absence == nil)
    #expect(
      try place.turn(command, #"echo '{"type":"result","total_cost_usd":1}'; pawl-no-such-program"#).absence == nil)
    #expect(try place.turn(command, "exit 126").absence == nil)
  }

  @Test func `that takes too long is ended, and its edits are kept`() throws {
    let place = try ProgramPlace()
    // Long enough for the first line to be written on a busy machine.
    for seconds in [1.0, 10, 60] {
      let turn = try place.turn(command, "echo 'lr = 2' > train.py; echo on my way; sleep 1000") {
        $0.wallSeconds = seconds
      }
      guard !turn.reply.edits.isEmpty else {
        #expect(turn.reply.end.reason.hasPrefix("`the command`: timed out; stopped after "))
        continue
      }
      #expect(turn.reply.end == .truncated && turn.reply.edits.map(\.path) == ["train.py"])
      return
    }
    Issue.record("it never began")
  }

  @Test(arguments: [
    (ProgramRule.Program.codex, false), (.gemini, false), (.command("./propose.sh"), false), (.claude, true),
    (.aider, true),
  ])
  func `that never tells its dollars needs an assumed cost under a bound on money`(
    _ kind: ProgramRule.Program, _ tells: Bool
  ) throws {
    func access(_ rule: ProgramRule, maximum: Double? = nil, spend: Double? = nil, session: Double? = nil) throws
      -> AgentAccess
    {
      var configuration = StudyConfiguration(
        name: try #require(ProgramPlace.study), command: "true",
        metric: MetricRule(name: "loss", pattern: "(.*)", direction: .minimize), editable: ["*"])
      configuration.agents = [AgentRule(name: "coder", kind: .program(rule), maximumSpend: maximum, parallel: 1)]
      configuration.stop.spend = spend
      var stop = StopRule()
      stop.spend = session
      return try AgentAccess(configuration, stop: stop, environment: [:])
    }
    let silent = ProgramRule(program: kind, network: true)
    #expect(try access(silent).notes.isEmpty == tells)
    for (maximum, spend, session) in [(1.0, nil, nil), (nil, 1.0, nil), (nil, nil, 1.0)]
      as [(Double?, Double?, Double?)]
    {
      if tells {
        #expect(throws: Never.self) { try access(silent, maximum: maximum, spend: spend, session: session) }
      } else {
        let error = #expect(throws: RuntimeError.self) {
          try access(silent, maximum: maximum, spend: spend, session: session)
        }
        #expect(error?.hints.first?.contains("`assumed_cost: …`") == true)
      }
    }
    var assumed = silent
    assumed.assumedCost = 0.1
    #expect(try access(assumed, spend: 1).notes == [])
    #expect(try access(ProgramRule(program: .command("./local.sh")), spend: 1).notes == [])
  }

  @Test func `is cut off from the network unless its rule allows it`() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    try withUnsafeMutableBytes(of: &address) { bytes in
      let pointer = try #require(bytes.baseAddress).assumingMemoryBound(to: sockaddr.self)
      try #require(bind(listener, pointer, size) == 0 && listen(listener, 8) == 0)
      try #require(getsockname(listener, pointer, &size) == 0)
    }
    let reach =
      "bash -c 'exec 3<>/dev/tcp/127.0.0.1/\(UInt16(bigEndian: address.sin_port))' 2>/dev/null && echo reached"
    let place = try ProgramPlace()
    #expect(try place.turn(command, reach).reply.text == "")
    #expect(try place.turn(command, reach) { $0.network = true }.reply.text == "reached")
  }

  @Test func `that forks without end is stopped, and nothing of it is left`() throws {
    let place = try ProgramPlace()
    let word = "pawl-coder-\(UInt64.random(in: .min ... .max))"
    var program = place.program(.command("bash -c 'b() { b | b & b; }; b' \(word)"))
    program.budget.processes = 40
    let turn = program.run(place.task(), cancellation: Cancellation())
    #expect(turn.reply.end.reason.contains("started more than 40 processes"))
    let left = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
      name.first?.isNumber == true
        && FileManager.default.contents(atPath: "/proc/\(name)/cmdline")?.range(of: Data(word.utf8)) != nil
    }
    #expect(left == [])
  }

  @Test func `that was stopped from outside says so`() throws {
    let place = try ProgramPlace()
    let cancellation = Cancellation()
    cancellation.cancel()
    let turn = place.program(.command("sleep 1000")).run(place.task(), cancellation: cancellation)
    #expect(turn.isCancelled && turn.reply.end == .broken(reason: "it was stopped"))
  }

  @Test func `never has its keys in the log, the reply or an edit`() throws {
    let place = try ProgramPlace()
    let script = """
      echo "key $MY_API_KEY"; printf "split $MY_API_"; printf "KEY ${MY_API_KEY}x\\n"; echo "$MY_API_KEY" > lib/k.py
      echo "$MY_API_KEY" > "lib/n$MY_API_KEY.py"; echo "h $MY_API_KEY" > "$PAWL_HYPOTHESIS"; echo 'lr = 2' > train.py
      echo "bye $MY_API_KEY $OTHER_TOKEN $PLAIN"; exit 5
      """
    var program = place.program(.command(script)) {
      $0.environment += ["MY_API_KEY", "OTHER_TOKEN=token-of-another", "PLAIN=plain-value", "ABSENT_KEY"]
    }
    program.own = ["MY_API_KEY": "sk-0123456789"]
    let turn = program.run(place.task(), cancellation: Cancellation())
    let all = "\(turn) \(place.log)"
    #expect(!all.contains("sk-0123456789") && !all.contains("token-of-another"))
    #expect(place.log.contains("key [redacted]\n") && place.log.contains("bye [redacted] [redacted] plain-value"))
    #expect(turn.hypothesis == "h [redacted]")
    #expect(turn.reply.end.reason.hasSuffix("code 5: bye [redacted] [redacted] plain-value"))
    #expect(turn.reply.edits.map(\.path) == ["train.py"])
    #expect(
      turn.refused.map(\.reason) == ["`lib/k.py` holds a key", "the name of `lib/n[redacted].py` holds a key"])
  }

  @Test(arguments: ["rm -r .pawl; ln -s %@ .pawl", "ln -sf %@/hypothesis.txt .pawl/hypothesis.txt"])
  func `cannot have Pawl read its hypothesis through a link`(_ script: String) throws {
    let place = try ProgramPlace()
    try place.repository.write("secret", to: "\(place.repository.home)/hypothesis.txt")
    let turn = place.turn(.command(script.replacing("%@", with: place.repository.home)))
    #expect(turn.reply.end == .finished && turn.hypothesis == nil)
  }

  @Test func `sees nothing of the repository or of other studies`() throws {
    let place = try ProgramPlace()
    try place.repository.write("secret", to: ".pawl/s/journal.sqlite")
    try place.repository.write("secret", to: "untracked")
    let turn = try place.turn(
      command, "cat ../../journal.sqlite ../../../../untracked ../../../../.git/HEAD 2>/dev/null; echo end")
    #expect(turn.reply.text == "end")
  }

  @Test func `has no more of its output kept than the log may hold, and lines of any length are read`() throws {
    let place = try ProgramPlace()
    var program = place.program(.command("head -c 3000000 /dev/zero | tr '\\0' a; echo; echo 'the end'"))
    program.budget.log = .mebibytes(1)
    let turn = program.run(place.task(), cancellation: Cancellation())
    #expect(turn.reply.text.hasSuffix("\nthe end") && turn.reply.text.utf8.count <= 4_096)
    #expect(
      place.log.utf8.count < 1_200_000 && place.log.contains("bytes not kept") && place.log.hasSuffix("the end\n"))
  }

  @Test func `cannot be given a candidate that has a folder of Pawl's own`() throws {
    let place = try ProgramPlace()
    try place.repository.write("x", to: ".pawl/mine")
    try place.repository.git("add", "-f", ".pawl/mine")
    try place.repository.commit("mine")
    var task = place.task()
    let commit = CommitHash(rawValue: try place.repository.git("rev-parse", "HEAD"))
    task = CodingProgram.Task(trial: task.trial, number: 1, parent: commit, text: "t")
    let program = CodingProgram(
      agent: "coder", rule: ProgramRule(program: .command("true")), workspace: place.workspace, sandbox: place.sandbox,
      paths: place.paths, policy: EditPolicy(editable: ["*"], frozen: []), baseline: commit, studyReadable: [],
      hidden: [])
    let turn = program.run(task, cancellation: Cancellation())
    #expect(turn.reply.end.reason.contains("has a `.pawl` of its own"))
  }
}
