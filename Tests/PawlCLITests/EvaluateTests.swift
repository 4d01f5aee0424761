import PawlTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The level *evaluate*: a frozen command scores what the candidate leaves.
@Suite struct EvaluateTests {
  private func study(_ train: String, artifacts: String = "[out/**]") throws -> TemporaryRepository {
    let repository = try TemporaryRepository([
      "train.sh": "knob=4\n" + train, "score.sh": "echo \"loss: $(cat out/answer)\"\ncat out/stolen 2>/dev/null\n:\n",
      "held-out.txt": "held out\n",
    ])
    try #require(repository.initialise().code == 0)
    try repository.configure([("evaluate", "sh score.sh"), ("artifacts", artifacts)])
    return repository
  }

  @Test func `the frozen evaluator scores the artifact and what the candidate prints does not count`() throws {
    let repository = try study("mkdir -p out; echo 'loss: 0.001'; echo $((10 - knob)).5 > out/answer\n")
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code == 0, "\(run.messages)")
    #expect(run.messages.contains("baseline 1/3  loss 6.50000"), "\(run.messages)")
    let lines = repository.pawl("show", "0", "--json").output
    #expect(lines.contains("\"referee\" : \"evaluate\""), "\(lines)")
  }

  @Test func `a candidate that overwrites the evaluator in its folder does not fool it`() throws {
    let cheat = """
      mkdir -p out; echo 7.5 > out/answer
      chmod u+w score.sh; echo "echo 'loss: 0.001'" > score.sh; cp score.sh out/score.sh; mkdir -p out/../evaluate
      echo "echo 'loss: 0.001'" > ../evaluate/score.sh
      exit 0

      """
    let repository = try study(cheat)
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code == 0, "\(run.messages)\(repository.pawl("show", "0").output)")
    #expect(run.messages.contains("baseline 1/3  loss 7.50000"), "\(run.messages)")
  }

  @Test func `links among the artifacts are not followed`() throws {
    let repository = try study(
      "mkdir -p out; echo 7.5 > out/answer; ln -s \"$PWD/../../../journal.sqlite\" out/stolen; ln -s /etc/passwd out/other\n"
    )
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code == 0, "\(run.messages)")
    #expect(run.messages.contains("loss 7.50000"))
    let log = try #require(repository.read(".pawl/repo/logs/0/1.log.evaluate"))
    #expect(log == "loss: 7.5\n", "nothing came through a link")
  }

  @Test func `an artifact that is a link gives no measurement`() throws {
    let repository = try study("mkdir -p out; echo 0.5 > other; ln -s ../other out/answer\n")
    let run = repository.pawl("run")
    #expect(run.code == 3)
    #expect(run.messages.contains("gave no measurement"), "\(run.messages)")
  }

  @Test func `an editable file of the baseline is taken as the command left it and a frozen one is not`() throws {
    let train = """
      echo 7.5 > answer; chmod u+w score.sh held-out.txt 2>/dev/null; echo 'echo loss: 0.001' > score.sh
      rm -f held-out.txt; mkdir held-out.txt; echo x > held-out.txt/x; mkdir -p out/score.sh
      exit 0

      """
    let repository = try TemporaryRepository([
      "train.sh": "knob=4\n" + train, "answer": "9.5\n", "held-out.txt": "held out\n",
      "score.sh": "grep -q 'held out' held-out.txt && echo \"loss: $(cat answer)\"\n",
    ])
    try #require(repository.initialise(editable: "train.sh,answer").code == 0)
    if repository.read("pawl.yaml")?.contains("editable: [train.sh, answer]") != true {
      let yaml = try #require(repository.read("pawl.yaml"))
      let line = try #require(yaml.split(separator: "\n").first { $0.hasPrefix("editable:") })
      try repository.write(yaml.replacing(line, with: "editable: [train.sh, answer]"), to: "pawl.yaml")
    }
    try repository.configure([("evaluate", "sh score.sh"), ("artifacts", "['**']")])
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code == 0, "\(run.messages)\(repository.pawl("show", "0").output)")
    #expect(run.messages.contains("baseline 1/3  loss 7.50000"), "\(run.messages)")
  }

  @Test func `hard links and pipes are left and holes stay holes`() throws {
    let train = """
      mkdir -p out; echo 7.5 > out/answer; echo secret > other; ln other out/stolen; mkfifo out/pipe
      truncate -s 2000000000 out/holes; printf end >> out/holes

      """
    let score =
      "ls out; [ $(du -k out/holes | cut -f1) -lt 2000 ] || exit 8; tail -c 3 out/holes; echo; echo loss: 7.5\n"
    let repository = try study(train)
    try repository.write(score, to: "score.sh")
    try repository.commit("look at the holes")
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code == 0, "\(run.messages)\(repository.pawl("show", "0").output)")
    #expect(repository.read(".pawl/repo/logs/0/1.log.evaluate") == "answer\nholes\nend\nloss: 7.5\n")
  }

  @Test func `more than the disk budget is not carried, and the command's usage is kept`() throws {
    let repository = try study("mkdir -p out; truncate -s 6G out/answer; truncate -s 6G out/more; sleep 0.2\n")
    let run = repository.pawl("run")
    #expect(run.code == 3)
    #expect(
      run.messages.contains("`evaluate`: the artifacts are larger than 10.0 GiB, the disk budget"), "\(run.messages)")
    let details = repository.pawl("show", "0", "--json").output
    #expect(!details.contains("\"wallSeconds\" : 0,"), "\(details)")
  }

  @Test func `when scoring fails its own log is shown`() throws {
    let repository = try study("echo from the command; mkdir -p out; echo 7.5 > out/answer\n")
    try repository.write("echo from the evaluator; exit 5\n", to: "score.sh")
    try repository.commit("fail")
    let run = repository.pawl("run")
    #expect(run.code == 3)
    #expect(run.messages.contains("from the evaluator"), "\(run.messages)")
    let show = repository.pawl("show", "0").output
    #expect(show.contains("from the evaluator") && !show.contains("from the command"), "\(show)")
  }
}
