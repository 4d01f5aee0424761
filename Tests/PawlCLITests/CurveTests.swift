import PawlTestSupport
import Testing

@Suite struct `A study that follows curves` {
  @Test func `stops what is hopeless, discards it, and says why`() throws {
    let repository = try TemporaryRepository([
      // Only a stop, or its budget, ends an attempt that is far off: the file that it waits for is never made.
      "train.sh": """
      depth=4  # pawl: 0...40
      v=$(( (depth - 8) * (depth - 8) * 1000 + 100000 + PAWL_SEED % 100 ))
      for i in 1 2 3 4 5 6; do echo "step ${i}0 at $((v + 600 - i * 100))"; done
      if [ $v -gt 300000 ]; then while [ ! -e never ]; do sleep 1; done; fi
      for i in 7 8 9 10; do echo "step ${i}0 at $((v + 1000 - i * 100))"; done
      echo "loss: $v"

      """,
      "pawl.yaml": """
      study: repo
      command: sh train.sh
      metric: {name: loss, pattern: '^loss: (.*)$', direction: minimize}
      curve: '^step (\\d+) at (\\S+)'
      editable: [train.sh]
      budget: {wall: 12s}
      workers: 4
      foreign_load: ignore
      stop: {trials: 30}

      """,
    ])
    let run = repository.pawl("run")
    #expect(run.code == 0, "\(run.messages)")
    #expect(run.messages.contains("stopped early at step 60: expected -"), "\(run.messages)")
    let log = repository.pawl("log", "--all").output
    #expect(log.contains("stopped early at step 60"), "\(log)")
    #expect(repository.pawl("status").output.contains(" stopped early, about "))
  }
}
