import PawlTestSupport
import Testing

/// The level *referee*: a frozen program starts the candidate itself and prints the metric.
@Suite struct RefereeTests {
  /// Marks what the candidate prints, takes its answer, and tells of the split that it was asked to judge on.
  private static let judge = """
    sh train.sh > answer 2>&1; sed 's/^/| /' answer
    echo "split $PAWL_SPLIT, rung $PAWL_RUNG, seed $PAWL_SEED"
    echo "loss: $(sed -n 's/^answer //p' answer).$((PAWL_SEED % 10))"

    """

  private func study(_ train: String, judge: String = judge) throws -> TemporaryRepository {
    let repository = try TemporaryRepository(["train.sh": train, "judge.sh": judge])
    let run = repository.pawl(
      "init", "--referee", "sh judge.sh", "--metric", "loss", "--direction", "minimize", "--editable", "train.sh")
    try #require(run.code == 0, "\(run.messages)")
    #expect(run.messages.contains("referee   sh judge.sh"), "\(run.messages)")
    repository.ignoreForeignLoad()
    return repository
  }

  @Test func `the referee's number counts, and its level is on measurements, certificates, branch and report`() throws {
    let repository = try study("depth=2  # pawl: 1...9\necho 'loss: 0.001'; echo answer $((90 - 9 * depth))\n")
    let run = repository.pawl("run", "--trials", "8")
    try #require(run.code == 0, "\(run.messages)\(repository.pawl("show", "0").output)")
    #expect(run.messages.contains("baseline 1/3  loss 72."), "\(run.messages)")
    #expect(run.messages.contains("certified:"), "\(run.messages)")
    #expect(repository.pawl("show", "0", "--json").output.contains("\"referee\" : \"referee\""))
    let meaning = "referee (a frozen process kept the held-out data, started the candidate and took the number)"
    #expect(try repository.git("log", "-1", "--format=%B", "pawl/repo").contains("Referee: \(meaning)"))
    let report = try #require(repository.read(".pawl/repo/report.html"))
    for words in [
      "referee: a frozen process kept the held-out data", "<dt>Referee command</dt><dd><code>sh judge.sh</code>",
      "The number is the referee's:", "PAWL_SPLIT=sealed",
    ] {
      #expect(report.contains(words), "\(words)")
    }
    #expect(!report.contains("elf-reported"))
    let certified = repository.pawl("log", "--json").output.split(separator: "\n").last {
      $0.contains("\"certified\":true")
    }
    let id = try #require(certified?.firstMatch(of: #/"id":([0-9]+)/#)?.1)
    #expect(repository.pawl("show", String(id)).output.contains("referee   referee: a frozen process"))
  }

  @Test func `search is judged on the search split and certificates on the sealed one`() throws {
    let repository = try study("depth=2  # pawl: 1...9\necho answer $((90 - 9 * depth))\n")
    // What lies around in the user's own environment does not count.
    try #require(repository.pawl("run", "--trials", "6", environment: ["PAWL_SPLIT": "sealed"]).code == 0)
    let attempts = repository.shell("grep -h '^split' .pawl/repo/logs/0/*.log").output.split(separator: "\n")
    let purposes = repository.pawl("show", "0").output.split(separator: "\n")
    #expect(attempts.allSatisfy { $0.contains(", rung 1, seed ") })
    var sealed = 0
    for line in purposes where line.contains("seed ") {
      guard let id = line.split(separator: " ").first.flatMap({ Int($0) }) else { continue }
      let log = try #require(repository.read(".pawl/repo/logs/0/\(id).log"))
      #expect(log.contains(line.contains("certificate") ? "split sealed" : "split search"), "\(line)\n\(log)")
      sealed += line.contains("certificate") ? 1 : 0
    }
    #expect(sealed >= 4, "a certificate takes four pairs or more")
  }

  @Test func `the referee's sentence is the reason why there is no measurement`() throws {
    let judge = """
      sh train.sh > answer 2>&1; sed 's/^/| /' answer
      [ "$(cat answer)" = 'error: 500' ] && { echo loss: 1.$((PAWL_SEED % 10)); exit 0; }
      echo 'error: an earlier one' >&2
      echo 'error: the distribution for byte 3 sums to 1.7, not to 1' >&2
      echo 'hint: `pawl-lab` says more' >&2
      exit 6

      """
    let repository = try study("knob=500  # pawl: 1...1000\necho error: $knob\n", judge: judge)
    let run = repository.pawl("run", "--trials", "2")
    try #require(run.code == 0, "\(run.messages)")
    let sentence = "exited with code 6, the distribution for byte 3 sums to 1.7, not to 1"
    #expect(run.messages.split(separator: "\n").contains { $0.hasPrefix("trial 1") && $0.contains(sentence) })
    #expect(repository.pawl("log").output.contains("(\(sentence))"), "\(repository.pawl("log").output)")
    let show = repository.pawl("show", "1").output
    #expect(show.contains("because   \(sentence)\n"), "\(show)")
    #expect(show.split(separator: "\n").contains { $0.contains("search") && $0.contains(sentence) }, "\(show)")
    #expect(repository.pawl("show", "1", "--json").output.contains("\"remark\" : \"the distribution for byte 3"))
    let report = try #require(repository.read(".pawl/repo/report.html"))
    #expect(report.contains("the distribution for byte 3 sums to 1.7, not to 1"))
  }

  @Test(arguments: [
    (1, "there is no text in `data`"), (3, "`train.swift` does not compile"), (4, "the training failed"),
    (5, "out of time"),
  ])
  func `a baseline that the referee refuses says why`(code: Int32, sentence: String) throws {
    let repository = try study("echo\n", judge: "echo loss: 1; echo 'error: \(sentence)' >&2; exit \(code)\n")
    let run = repository.pawl("run")
    #expect(run.code == 3)
    let reason = "the baseline gave no measurement: exited with code \(code), \(sentence)"
    #expect(run.messages.contains("failed: \(reason)\n"), "\(run.messages)")
    #expect(repository.pawl("status").output.contains("failed: \(reason)"))
  }

  @Test func `an error line of a command that is no referee is not taken for a reason`() throws {
    let repository = try TemporaryRepository(["train.sh": "echo 'error: blame the judge'; exit 6\n"])
    try #require(repository.initialise().code == 0)
    #expect(repository.pawl("run").messages.contains("gave no measurement: exited with code 6\n"))
  }

  @Test func `another referee between sessions is refused, and a command in its place too`() throws {
    let repository = try study("depth=2  # pawl: 1...9\necho answer $((90 - 9 * depth))\n")
    try #require(repository.pawl("run", "--trials", "1").code == 0)
    let yaml = try #require(repository.read("pawl.yaml"))
    for (other, key) in [("referee: sh ./judge.sh", "referee"), ("command: sh judge.sh", "command")] {
      try repository.write(yaml.replacing("referee: sh judge.sh", with: other), to: "pawl.yaml")
      let run = repository.pawl("run", "--trials", "1")
      #expect(run.code == 1 && run.messages.contains("pawl.yaml has another `\(key)` than study"), "\(run.messages)")
    }
  }

  @Test func `doctor tells whether a referee can have a sandbox of its own`() throws {
    // Prints 1 where it works inside of a real attempt, else 2.
    let nested = "bwrap --unshare-all --ro-bind / / --dev /dev --tmpfs /proc true && echo loss: 1 || echo loss: 2\n"
    let repository = try study("a=1\n", judge: nested)
    let works = repository.pawl("run", "--trials", "1").messages.contains("loss 1.00000")
    let lines = repository.pawl("doctor").output.split(separator: "\n")
    let place = try #require(lines.firstIndex { $0.contains(" referee ") }, "\(lines)")
    #expect(lines[place].hasPrefix(works ? "ok" : "warning"), "\(lines)")
    #expect(works || lines[place + 1].contains("mend: "), "\(lines)")
    let plain = try TemporaryRepository(["train.sh": TrainingScript.shell()])
    try #require(plain.initialise().code == 0)
    #expect(!plain.pawl("doctor").output.contains("referee"))
  }

  @Test func `init in a study of the lab writes its referee and takes another in its place`() throws {
    let repository = try TemporaryRepository(["train.swift": "let a = 1\n", "lab.conf": "operations = 3e11\n"])
    try #require(repository.pawl("init").code == 0)
    #expect(repository.read("pawl.yaml")?.contains("\nreferee: pawl-lab run train.swift\n") == true)
    try #require(repository.pawl("init", "--force", "--referee", "/opt/pawl-lab run train.swift").code == 0)
    #expect(repository.read("pawl.yaml")?.contains("\nreferee: /opt/pawl-lab run train.swift\n") == true)
    try #require(repository.pawl("init", "--force", "--command", "sh run.sh").code == 0)
    #expect(repository.read("pawl.yaml")?.contains("\ncommand: sh run.sh\n") == true)
    let both = repository.pawl("init", "--force", "--command", "a", "--referee", "b")
    #expect(both.code == 2 && both.messages.contains("`--command` and `--referee` both say what runs one attempt"))
  }
}
