import PawlTestSupport
import Testing

@Suite struct `pawl try` {
  private func place() throws -> TemporaryRepository {
    let repository = try TemporaryRepository([
      "train.sh": TrainingScript.shell(), "prepare.sh": "frozen=1\n", "lib/a.sh": "a=1\n",
    ])
    try #require(repository.initialise("--editable", "lib/*").code == 0)
    return repository
  }

  @Test func `judges what is changed in the tree, in a study that has not begun, and leaves the tree alone`() throws {
    let repository = try place()
    repository.shell(
      "sed -i 's/depth=4/depth=7/' train.sh; echo frozen=2 > prepare.sh; echo x > new.txt; git add new.txt")
    let before = try repository.git("status", "--porcelain")
    let index = try repository.git("ls-files", "--stage")
    let run = repository.pawl("try", "-m", "a deeper model", "--by", "Jane Doe")
    #expect(run.code == 0, "\(run.messages)")
    try expectSnapshot("try-kept", run.shown, normalised: Normaliser(repository))
    #expect(try repository.git("status", "--porcelain") == before)
    #expect(try repository.git("ls-files", "--stage") == index)
    let shown = repository.pawl("show", "1").output
    #expect(shown.contains("agent     Jane-Doe") && shown.contains("+depth=7") && !shown.contains("frozen=2"))
    // What was not committed is no part of the baseline.
    #expect(repository.pawl("show", "0").output.contains(try repository.git("rev-parse", "HEAD")))
  }

  @Test func `tells by its exit code what came of it`() throws {
    let repository = try place()
    let script = try #require(repository.read("train.sh"))
    try repository.write(script.replacing("width=16", with: "width=2"), to: "train.sh")
    #expect(repository.pawl("try", "-m", "narrow", "--quiet").code == 6)
    let again = repository.pawl("try", "-m", "the same again", "--quiet")
    #expect(again.code == 7 && again.output.contains("tried before"), "\(again.output)")
    try repository.write("exit 3\n", to: "train.sh")
    let crash = repository.pawl("try", "-m", "it crashes", "--quiet", "--json")
    #expect(crash.code == 7 && crash.output.contains(#""state" : "crashed""#), "\(crash.output)")
    try repository.write(script, to: "train.sh")
    let nothing = repository.pawl("try", "-m", "nothing")
    #expect(nothing.code == 2 && nothing.messages.contains("nothing editable differs from the baseline"))
    try repository.write("frozen=20\n", to: "prepare.sh")
    #expect(repository.pawl("try", "-m", "nothing").messages.contains("; not editable: `prepare.sh`"))
  }

  @Test func `puts a change of the baseline on the head that has moved on since`() throws {
    let repository = try place()
    repository.shell("sed -i 's/depth=4/depth=8/' train.sh")
    try #require(repository.pawl("try", "-m", "deeper", "--quiet").code == 0)
    repository.shell("git checkout -q train.sh; sed -i 's/width=16/width=24/' train.sh")
    let run = repository.pawl("try", "-m", "wider", "--quiet")
    #expect(run.code == 0 && run.output.contains("over trial 1"), "\(run.output)\(run.messages)")
    let head = repository.pawl("diff", "baseline", "head").output
    #expect(head.contains("+depth=8") && head.contains("+width=24"))
    // Checked out as it is, the tree changes nothing; by name another base can be meant.
    let commit = try #require(repository.pawl("show", "2").output.firstMatch(of: /commit    ([0-9a-f]{40})/)).output.1
    try repository.git("checkout", "-q", "-f", String(commit))
    #expect(repository.pawl("try", "-m", "x").messages.contains("nothing editable differs from trial 2"))
    let other = repository.pawl("try", "-m", "x", "--base", "baseline", "--quiet")
    #expect(other.code == 7 && other.output.contains("tried before"), "\(other.output)\(other.messages)")
  }

  @Test func `takes what was kept and stays in the tree for the base of the next change`() throws {
    let repository = try place()
    repository.shell("sed -i 's/depth=4/depth=6/' train.sh; echo '# wider layers' >> train.sh")
    try #require(repository.pawl("try", "-m", "deeper", "--quiet").code == 0)
    repository.shell("sed -i 's/depth=6/depth=8/' train.sh; echo '# and deeper ones' >> train.sh")
    let next = repository.pawl("try", "-m", "deeper still", "--quiet")
    #expect([0, 6].contains(next.code) && next.output.contains("over trial 1"), "\(next.output)\(next.messages)")
    let diff = repository.pawl("diff", "2").output
    #expect(diff.contains("-depth=6") && diff.contains("+depth=8") && !diff.contains("+# wider layers"), "\(diff)")
    // A change of the baseline that adds lines is one still, though the whole file counts as changed.
    repository.shell("git checkout -q train.sh; echo '# of the baseline' > lib/a.sh; echo b=2 >> lib/a.sh")
    let other = repository.pawl("try", "-m", "from the baseline", "--base", "baseline", "--quiet", "--json")
    let natural = repository.pawl("try", "-m", "from the baseline", "--quiet", "--json")
    #expect(other.output.contains(#""base" : 0"#) && natural.output.contains(#""base" : 0"#), "\(natural.output)")
  }

  @Test func `is judged by the process that runs the study, beside its own work`() throws {
    let study = try GatedStudy()
    let repository = study.repository
    let program = try study.start("--trials", "3")
    repository.shell("sed -i 's/depth=4/depth=8/' train.sh")
    let patient = try #require(repository.start(["try", "-m", "as deep as can be", "--by", "me"]))
    try #require(
      eventually { repository.pawl("log", "--all").output.contains("as deep as can be") || patient.hasEnded })
    repository.shell("sed -i 's/width=16/width=20/' train.sh")
    let impatient = repository.pawl("try", "-m", "and wider", "--by", "me", "--no-wait")
    #expect(impatient.code == 0 && impatient.output.hasPrefix("trial "), "\(impatient.output)\(impatient.messages)")
    try study.open()
    let run = patient.wait()
    #expect([0, 6, 7].contains(run.code), "\(run.messages)")
    #expect(run.output.hasPrefix("trial ") && run.messages.contains("waits to be taken in"), "\(run.messages)")
    #expect(program.wait().code == 0)
    let log = repository.pawl("log", "--agent", "me", "--all").output
    #expect(log.contains("as deep as can be") && log.contains("and wider"), "\(log)")
    #expect(repository.read("train.sh")?.contains("depth=8") == true)
  }

  @Test func `waits for the next run where nothing runs and it is told not to wait`() throws {
    let repository = try place()
    repository.shell("sed -i 's/depth=4/depth=7/' train.sh")
    let early = repository.pawl("try", "-m", "deeper", "--no-wait")
    #expect(early.code == 2 && early.messages.contains("has not begun"), "\(early.messages)")
    try #require(repository.pawl("try", "-m", "deeper", "--quiet").code == 0)
    repository.shell("sed -i 's/width=16/width=20/' train.sh")
    let left = repository.pawl("try", "-m", "wider", "--no-wait")
    #expect(left.code == 0 && left.messages.contains("the next `pawl run` judges it"), "\(left.messages)")
    repository.shell("git checkout -q train.sh")
    try #require(repository.pawl("run", "--trials", "2", "--quiet").code == 0)
    #expect(repository.pawl("log", "--all", "--grep", "wider").output.contains("wider"))
  }

  @Test func `that is killed is carried on by the next run`() throws {
    let study = try GatedStudy()
    let repository = study.repository
    repository.shell("sed -i 's/depth=4/depth=8/' train.sh")
    let program = try #require(repository.start(["try", "-m", "deep"]))
    let log = "\(repository.root)/.pawl/repo/logs/0/1.log"
    try #require(eventually { repository.exists(log) || program.hasEnded })
    program.kill(9)
    _ = program.wait()
    try study.open()
    let run = repository.pawl("try", "-m", "deep", "--quiet")
    #expect(run.code == 0 || run.code == 7, "\(run.output)\(run.messages)")
    #expect(repository.pawl("log", "--all", "--grep", "deep").output.contains("kept"))
  }
}

@Suite struct `pawl steer` {
  @Test func `leaves hints for the next run, lists them and takes them back`() throws {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell()])
    try #require(repository.initialise().code == 0)
    #expect(repository.pawl("steer", "first").code == 1, "there is no study yet")
    try #require(repository.pawl("run", "--trials", "1", "--quiet").code == 0)
    #expect(repository.pawl("steer", "try the width").messages.contains("the next `pawl run` takes it in"))
    let waiting = repository.pawl("steer", "--list")
    #expect(waiting.output.hasPrefix("waits  try the width ("), "\(waiting.output)\(waiting.messages)")
    #expect(repository.pawl("steer", "--json").output.contains(#""text" : "try the width""#))
    try #require(repository.pawl("run", "--trials", "1", "--quiet").code == 0)
    let list = repository.pawl("steer").output
    #expect(list.hasPrefix("1  try the width ("), "\(list)")
    #expect(repository.pawl("steer", "--json").output.contains(#""text" : "try the width""#))
    #expect(repository.pawl("steer", "--done", "1").code == 0)
    try #require(repository.pawl("run", "--trials", "1", "--quiet").code == 0)
    #expect(repository.pawl("steer").messages == "no hint is open\n")
  }

  @Test func `reaches a run that is at work`() throws {
    let study = try GatedStudy()
    let program = try study.start("--trials", "1")
    #expect(study.repository.pawl("steer", "go wide").messages.contains("has taken it in"))
    #expect(study.repository.pawl("steer").output.contains("1  go wide"))
    try study.open()
    #expect(program.wait().code == 0)
  }
}
