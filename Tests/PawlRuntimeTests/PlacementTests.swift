import Foundation
import PawlCore
import PawlTestSupport
import Testing

@testable import PawlRuntime

/// What attempts of this machine have to themselves.
@Suite struct PlacementTests {
  @Test(arguments: [
    ("", []), ("-1", []), ("0", ["0"]), ("3, 5", ["3", "5"]), ("GPU-8c1f,1,-1,2", ["GPU-8c1f", "1"]), ("1,1", ["1"]),
    ("0,,2", ["0"]),
  ])
  func `the GPUs of a machine are those that the variable names`(value: String, gpus: [String]) {
    #expect(LocalMachine.current(environment: ["CUDA_VISIBLE_DEVICES": value]).gpus == gpus)
  }

  @Test func `no two shares have a part in common, and what is given back is handed out again, the lowest first`() {
    let shares = MachineShares(of: LocalMachine(cores: [1, 3, 4, 9], gpus: ["7", "2", "GPU-x"]))
    let first = shares.take(PlacementRule(gpus: 1, cores: 2))
    let second = shares.take(PlacementRule(gpus: 2, cores: 1))
    #expect(first == MachineShare(cores: [1, 3], gpus: ["7"]))
    #expect(second == MachineShare(cores: [4], gpus: ["2", "GPU-x"]))
    #expect(second.variables == ["CUDA_VISIBLE_DEVICES": "2,GPU-x"])
    #expect(shares.take(PlacementRule()).variables.isEmpty, "what asks for nothing is told nothing")
    // One that has to wait gets what comes free.
    let waited = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      #expect(shares.take(PlacementRule(gpus: 1, cores: 3)) == MachineShare(cores: [1, 3, 9], gpus: ["7"]))
      waited.signal()
    }
    shares.give(first)
    waited.wait()
    shares.give(second)
    #expect(shares.take(PlacementRule(gpus: 2)) == MachineShare(gpus: ["2", "GPU-x"]))
    #expect(MachineShares(of: nil).take(PlacementRule(gpus: 4, cores: 4)) == MachineShare())
  }

  @Test func `attempts at the same time run on cores and GPUs of their own, and know them`() throws {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell()])
    let flags = "\(repository.place)/flags"
    let cores = LocalMachine.current(environment: [:]).cores.count
    let together = min(2, cores)
    // Outside the sandbox, so that the attempts see one another's folders; a folder can be made once.
    let before = """
      core=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
      parts="core-$core gpu-$CUDA_VISIBLE_DEVICES"
      for part in $parts; do mkdir "\(flags)/$part" || echo "$part" >>'\(flags)/overlaps'; done
      echo "$core $CUDA_VISIBLE_DEVICES $OMP_NUM_THREADS" >>'\(flags)/shares'
      while [ "$(wc -l <'\(flags)/shares')" -lt \(together) ]; do sleep 0.05; done
      for part in $parts; do rmdir "\(flags)/$part"; done
      """
    repository.shell("mkdir -p '\(flags)'")
    try repository.write(TrainingScript.shell(before: before), to: "train.sh")
    try repository.commit("what to train")
    try #require(repository.initialise("--workers", "3").code == 0)
    try repository.configure([("level", "none")])
    let yaml = try #require(repository.read("pawl.yaml"))
    try repository.write(yaml + "\nplacement: {gpus: 1, cores: 1}\n", to: "pawl.yaml")
    let gpus = ["CUDA_VISIBLE_DEVICES": "7,9"]
    let run = try #require(repository.start(["run", "--trials", "2"], environment: gpus)).wait()
    #expect(run.code == 0, "\(run.messages)")
    #expect(run.messages.contains("\(together) of the 3 workers have room at a time"), "\(run.messages)")
    #expect(fileText("\(flags)/overlaps") == nil)
    let shares = (fileText("\(flags)/shares") ?? "").split(separator: "\n").map { $0.split(separator: " ") }
    #expect(shares.count >= 2)
    #expect(
      shares.allSatisfy { $0.count == 3 && Int($0[0]) != nil && ["7", "9"].contains($0[1]) && $0[2] == "1" },
      "\(shares)")
    #expect(Set(shares.prefix(together).map { $0[0] }).count == together)
    #expect(try RecordedStudy(repository).results.allSatisfy { $0.measurement != nil })

    for (placement, words) in [
      ("gpus: 3", "`placement.gpus` asks for 3 GPUs, and there are 2 here"),
      ("cores: \(cores + 1)", "`placement.cores` asks for \(cores + 1) cores, and this process may use \(cores)"),
    ] {
      try repository.write(yaml + "\nplacement: {\(placement)}\n", to: "pawl.yaml")
      let refused = try #require(repository.start(["run", "--trials", "1"], environment: gpus)).wait()
      #expect(
        refused.code != 0 && refused.messages.contains(words) && refused.messages.contains("hint: "),
        "\(refused.messages)")
    }
    let doctor = try #require(repository.start(["doctor"], environment: gpus)).wait()
    #expect(doctor.output.contains("\(cores), for `placement.cores`"))
    #expect(doctor.output.contains("CUDA_VISIBLE_DEVICES names `7`, `9`"))
  }
}
