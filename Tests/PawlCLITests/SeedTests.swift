import PawlTestSupport
import Testing

@Suite struct `A command that ignores its seed` {
  @Test func `is told so at calibration, with its certificate, on the branch and in the report`() throws {
    let repository = try TemporaryRepository(["train.sh": "RATE=50  # pawl: choices 50, 20\necho loss: $RATE\n"])
    let start = repository.pawl(
      "init", "--command", "sh train.sh", "--metric", "loss", "--editable", "train.sh", "--trials", "1")
    #expect(start.code == 0, "\(start.shown)")
    let run = repository.pawl("run")
    #expect(run.code == 0, "\(run.shown)")
    #expect(run.messages.contains("note every seed gave the same number: the command does not use PAWL_SEED"))
    #expect(run.messages.contains(", the same under every seed"))
    let message = repository.shell("git log -1 --format=%B pawl/repo").output
    #expect(message.contains("this says nothing about other seeds"), "\(message)")
    #expect(repository.read(".pawl/repo/report.html")?.contains("nothing here tells of other seeds") == true)
  }
}
