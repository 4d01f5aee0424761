import PawlTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The level *evaluate*: a frozen command scores what the candidate leaves.
@Suite struct EvaluateTests {
  private func study(_ train: String) throws -> TemporaryRepository {
    let repository = try TemporaryRepository([
      "train.sh": "knob=4\n" + train, "score.sh": "echo \"loss: $(cat out/answer)\"\ncat out/stolen 2>/dev/null\n:\n",
      "held-out.txt": "held out\n",
    ])
    try #require(repository.initialise().code == 0)
    try repository.configure([("evaluate", "sh score.sh"), ("artifacts", "[out/**]")])
    return repository
  }

  @Test func `the frozen evaluator scores the artifact and what the candidate prints does not count`() throws {
    let repository = try study("mkdir -p out; echo 'loss: 0.001'; echo $((10 - knob)).5 > out/answer\n")
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code == 0, "\(run.messages)")
    #expect(run.messages.contains("baseline 1/4  loss 6.50000"), "\(run.messages)")
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
    #expect(run.messages.contains("baseline 1/4  loss 7.50000"), "\(run.messages)")
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
}
