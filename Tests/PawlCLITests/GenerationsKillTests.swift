import Foundation
import PawlTestSupport
import Testing

/// What a study of generations has after it was killed, stopped, or its files were touched.
@Suite struct `A study of generations that is interrupted` {
  /// Says in its log which start of it this was, in random digits.
  private static let marked = "od -An -N8 -tx1 /dev/urandom\n"
  private static let waiting =
    "echo started >> \"$PAWL_OUTPUT/starts\"; while [ ! -f \"$PAWL_OUTPUT/go\" ]; do sleep 0.02; done\n"

  private static func lines(_ repository: TemporaryRepository, _ path: String) -> Int {
    repository.read(path)?.split(separator: "\n").count ?? 0
  }

  @Test func `goes on with the stage that was not finished, and does none again that was`() throws {
    let repository = try GenerationsRepository([
      "diagnose.sh": Self.marked + GenerationsRepository.diagnose,
      "generate.sh": Self.waiting + GenerationsRepository.generate,
    ]).repository
    let (stages, logs) = (".pawl/words/stages/t1-generate/out", ".pawl/words/logs/stages")
    var diagnosed: String?
    for start in 1...2 {
      let study = try #require(repository.start(["run", "--trials", "1"]))
      #expect(eventually { Self.lines(repository, "\(stages)/starts") == start || study.hasEnded })
      study.kill(SIGKILL)
      #expect(study.wait().signal == SIGKILL)
      let log = try #require(repository.read("\(logs)/t1-diagnose.log"))
      #expect(diagnosed == nil || diagnosed == log, "the diagnosis was made once")
      diagnosed = log
    }
    let study = try #require(repository.start(["run", "--trials", "1"]))
    #expect(eventually { Self.lines(repository, "\(stages)/starts") == 3 || study.hasEnded })
    try repository.write("", to: "\(stages)/go")
    let run = study.wait()
    #expect(run.code == 0 && run.messages.contains("generation 1: 40 of 40 made documents"), "\(run.messages)")
    #expect(repository.read("\(logs)/t1-diagnose.log") == diagnosed)
    let log = repository.pawl("log").output
    #expect(log.split(separator: "\n").count == 3, "one trial beside the baseline: \(log)")
    // A kill between two stages: the first is in the journal, the second has not begun.
    let before = try repository.git("show", "refs/pawl/words/trials/1:generation.json")
    let other = try GenerationsRepository().repository
    #expect(other.pawl("run", "--trials", "1").code == 0)
    #expect(
      try other.git("show", "refs/pawl/words/trials/1:generation.json") == before, "the same as if nobody had killed it"
    )
  }

  @Test func `learns from nothing that was altered on disk, and goes on once it is put back`() throws {
    let repository = try GenerationsRepository().repository
    #expect(repository.pawl("run", "--trials", "1").code == 0)
    let plan = try repository.git("show", "refs/pawl/words/trials/1:generation.json")
    let snapshot = try #require(plan.firstMatch(of: #/[0-9a-f]{64}/#)?.0)
    let file = ".pawl/words/store/\(snapshot)"
    let text = try #require(repository.read(file))
    repository.shell("chmod u+w '\(file)'")
    try repository.write(text.replacing("w1 ", with: "w2 ", maxReplacements: 1), to: file)
    let run = repository.pawl("run", "--trials", "2")
    #expect(
      run.messages.contains("does not hold what its name says") && run.messages.contains("hint"), "\(run.messages)")
    #expect(!run.messages.contains("trial 3"), "it is not tried again and again: \(run.messages)")
    try repository.write(text, to: file)
    let next = repository.pawl("run", "--trials", "1")
    #expect(next.code == 0 && next.messages.contains("generation 2: "), "\(next.messages)")
  }

  @Test(arguments: ["canaries.jsonl", "held.jsonl"])
  func `is another study where what models are judged by has changed`(_ path: String) throws {
    let repository = try GenerationsRepository(["generate.sh": "exit 1\n"]).repository
    #expect(repository.pawl("run", "--trials", "1").code == 0)
    let text = try #require(repository.read(path))
    try repository.write(text + "{\"id\":\"new\",\"prompt\":\"1\",\"answer\":\"x\"}\n", to: path)
    let run = repository.pawl("run", "--trials", "1")
    #expect(
      run.code != 0 && run.messages.contains("`\(path)` is not what study `words` was begun with"), "\(run.messages)")
    try repository.write(text, to: path)
    #expect(repository.pawl("run", "--trials", "1").code == 0)
  }

  @Test func `stops below the fidelity floor, says why, and goes on when a person says so`() throws {
    // From the first generation on a fifth of the canaries is lost.
    let judge = """
      share=80
      [ "$PAWL_GENERATION" -gt 0 ] && share=64
      sed 's/.*"id":"\\([^"]*\\)".*/{"id":"\\1","ok":true}/' "$PAWL_INPUT/canaries.jsonl" | head -$share > "$PAWL_OUTPUT/canaries-kept.jsonl"

      """
    let repository = try GenerationsRepository(["judge.sh": judge]).repository
    let study = try #require(repository.start(["run", "--trials", "2"]))
    for kept in 1...2 {
      var status = ""
      let isPaused = eventually {
        status = repository.pawl("status").output
        return study.hasEnded || status.contains("\(kept) kept") && status.contains("paused")
      }
      #expect(isPaused && status.contains("below the floor 95.0 %"), "\(status)")
      let resumed = repository.pawl("resume")
      #expect(resumed.code == 0, "\(resumed.messages)")
    }
    let run = study.wait()
    #expect(run.code == 0 && run.messages.contains("generation 1 keeps 64 of 80 canaries"), "\(run.messages)")
  }

  @Test func `is the same for two workers`() throws {
    let repository = try GenerationsRepository().repository
    let run = repository.pawl("run", "--trials", "3", "--workers", "2")
    #expect(run.code == 0 && run.messages.contains("3 trials are done"), "\(run.messages)")
    #expect(repository.pawl("status").output.contains("3 snapshots were made"))
  }
}
