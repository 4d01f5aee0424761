import PawlTestSupport
import Testing

/// A person's part in a study, by whole programs.
@Suite struct PeopleTests {
  /// A study in which each change is better, and one test of four pairs certifies it.
  private static func study(approve: String) throws -> TemporaryRepository {
    let script = """
      depth=2  # pawl: 2...60
      width=3  # pawl: 1...9
      echo "loss: $((900 - 9 * depth - width)).$((PAWL_SEED % 10))"

      """
    let repository = try TemporaryRepository(["train.sh": script])
    try #require(repository.initialise().code == 0)
    repository.shell("printf 'approve: {\(approve)}\\n' >> pawl.yaml; sed -i '/^approve:$/d' pawl.yaml")
    return repository
  }

  @Test func `notes are left, listed, shown with their trial and dropped`() throws {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell()])
    try #require(repository.initialise().code == 0)
    #expect(repository.pawl("notes").code == 1, "there is no study yet")
    try #require(repository.pawl("run", "--trials", "1", "--quiet").code == 0)
    #expect(repository.pawl("notes").messages == "the notebook is empty\n")
    #expect(
      repository.pawl("notes", "add", "deep is\nbetter", "--trial", "1").messages
        .contains("the next `pawl run` takes it in"))
    #expect(repository.pawl("notes").output.hasPrefix("waits  deep is better, on trial 1 ("))
    try #require(repository.pawl("run", "--trials", "1", "--quiet").code == 0)
    let listed = repository.pawl("notes").output
    #expect(listed.hasPrefix("note 1  deep is better ("), "\(listed)")
    #expect(repository.pawl("notes", "--json").output.contains(#""text" : "deep is better""#))
    #expect(repository.pawl("notes", "--trial", "2").messages == "no note is about trial 2\n")
    #expect(repository.pawl("show", "1").output.contains("note 1    deep is better ("))
    #expect(repository.pawl("status").output.contains("people    1 note\n"))
    #expect(repository.pawl("notes", "drop", "1").code == 0)
    try #require(repository.pawl("run", "--trials", "1", "--quiet").code == 0)
    #expect(repository.pawl("notes").messages == "the notebook is empty\n")
  }

  @Test func `what cannot be is named with a way out`() throws {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell()])
    try #require(repository.initialise().code == 0)
    try #require(repository.pawl("run", "--trials", "1", "--quiet").code == 0)
    var text = ""
    for arguments in [
      ["notes", "write"], ["notes", "add"], ["notes", "add", " "], ["notes", "add", "x", "--trial", "99"],
      ["notes", "drop", "3"], ["notes", "drop", "x"], ["notes", "release", "3"], ["pin", "99"], ["unpin", "1"],
      ["ban", "--path", "/etc"], ["ban", "--agent", "nobody"], ["ban", "--knob", "dept"], ["ban", "x", "--lift", "1"],
      ["ban", "--lift", "1"], ["approve", "1"], ["approve", "all"], ["deny", "1", "--reason", " "],
    ] {
      text +=
        "##### pawl \(arguments.joined(separator: " "))\n\(try #require(repository.start(arguments)).wait().shown)\n"
    }
    try expectSnapshot("people-mistakes", text, normalised: Normaliser(repository))
  }

  @Test func `a pin and bans reach a run that is at work, and hold`() throws {
    let study = try GatedStudy()
    let repository = study.repository
    let program = try study.start("--trials", "12")
    #expect(repository.pawl("pin", "0").messages.contains("has taken it in"))
    #expect(repository.pawl("ban", "--knob", "depth").messages.contains("has taken it in"))
    #expect(repository.pawl("ban", "a larger tokenizer").code == 0)
    #expect(repository.pawl("pin").output.hasPrefix("trial 0  the baseline (pinned by "))
    let bans = repository.pawl("ban").output
    #expect(bans.hasPrefix("ban 1  the constant `depth` (banned by "), "\(bans)")
    #expect(bans.contains("ban 2  a larger tokenizer (banned by "))
    #expect(repository.pawl("status").output.contains("people    1 pin, 2 bans\n"))
    #expect(repository.pawl("status", "--json").output.contains(#""bans" : 2"#))
    #expect(repository.pawl("unpin", "0").code == 0 && repository.pawl("pin").messages == "no trial is pinned\n")
    try study.open()
    #expect(program.wait().code == 0)
    #expect(program.messages.contains("trial 0 is pinned by ") && program.messages.contains("ban 1 of "))
    #expect(!repository.pawl("log", "--all").output.contains(" depth "), "\(repository.pawl("log", "--all").output)")
  }

  @Test func `a proposal against a ban is refused with who banned it`() throws {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell(), "prepare.sh": "frozen\n"])
    try #require(repository.initialise().code == 0)
    try #require(repository.pawl("run", "--trials", "1", "--quiet").code == 0)
    #expect(repository.pawl("ban", "--path", "*.sh").code == 0)
    repository.shell("sed -i 's/depth=4/depth=9/' train.sh")
    let tried = repository.pawl("try", "-m", "deeper")
    #expect(tried.output.contains("`train.sh` is not to be touched: `*.sh` is banned by "), "\(tried.shown)")
    #expect(repository.pawl("ban", "--lift", "1").code == 0)
    #expect(repository.pawl("ban", "--knob", "depth").code == 0)
    let again = repository.pawl("try", "-m", "deeper")
    #expect(again.output.contains("it changes the constant `depth`, which is banned by "), "\(again.shown)")
    #expect(repository.pawl("ban", "--lift", "2").code == 0)
    #expect(repository.pawl("try", "-m", "deeper").output.contains("effect"))
  }

  @Test func `a study whose agents are all banned ends and says so`() throws {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell()])
    try #require(repository.initialise().code == 0)
    try #require(repository.pawl("run", "--trials", "1", "--quiet").code == 0)
    #expect(repository.pawl("ban", "--agent", "knobs").messages.contains("nobody is left to ask"))
    let run = repository.pawl("run", "--trials", "5")
    #expect(run.code == 0 && run.messages.contains("ended: nobody is left to ask: knobs: banned by "), "\(run.shown)")
  }

  @Test func `a certificate waits for a yes, which the next session takes, though its bounds are reached`() throws {
    let repository = try Self.study(approve: "certificates: true")
    try repository.configure([("trials", "2")])
    let run = repository.pawl("run")
    #expect(run.code == 0 && run.messages.contains("approval 1 is awaited: certificate 1 may move the champion"))
    #expect(run.messages.contains("\n1 approval is awaited: `pawl approve`\n"), "\(run.shown)")
    #expect(repository.pawl("status").output.contains("approval  1 approval is awaited: `pawl approve`\n"))
    let asked = repository.pawl("approve")
    #expect(
      asked.output.hasPrefix("1  certificate 1 may move the champion from the baseline to trial "), "\(asked.shown)")
    #expect(asked.output.contains("   better by +") && asked.output.contains("   e-value "))
    #expect(repository.pawl("approve", "--json").output.contains(#""number" : 1"#))
    #expect(repository.pawl("approve", "1").messages.contains("the next `pawl run` takes it in"))
    #expect(repository.pawl("approve").output.contains("waits  approve 1 ("))
    let next = repository.pawl("run")
    #expect(next.code == 0 && next.messages.contains("approval 1 approved by "), "\(next.shown)")
    #expect(next.output.contains("branch  pawl/repo"), "\(next.shown)")
    #expect(try repository.git("rev-list", "--count", "main..pawl/repo") == "1")
    #expect(repository.pawl("approve").messages == "nothing waits for a person\n")
  }

  @Test func `a denied certificate leaves the champion where it is, with the reason in the journal`() throws {
    let repository = try Self.study(approve: "certificates: true")
    try #require(repository.pawl("run", "--trials", "2").messages.contains("approval 1 is awaited"))
    #expect(repository.pawl("deny", "1", "--reason", "not before the paper").code == 0)
    let next = repository.pawl("run", "--trials", "1")
    #expect(next.messages.contains(": not before the paper\n"), "\(next.shown)")
    #expect(next.messages.contains("certificate 1 failed: "), "\(next.shown)")
    #expect(repository.pawl("status").output.contains("champion  the baseline"))
  }
}
