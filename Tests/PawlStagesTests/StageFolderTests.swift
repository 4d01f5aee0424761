import Foundation
import PawlCore
import Testing

@testable import PawlStages

@Test func `a stage finds its folders, seed and generation in the environment`() throws {
  let folder = try StageFolder(environment: [
    "PAWL_INPUT": "/", "PAWL_OUTPUT": "/tmp", "PAWL_SEED": "18446744073709551615", "PAWL_GENERATION": "4",
  ])
  #expect(folder == StageFolder(input: "/", output: "/tmp", seed: .max, generation: 4))
  #expect(folder.written("kept.jsonl") == "/tmp/kept.jsonl")
}

@Test(arguments: [
  ([:], "`PAWL_INPUT` is not set"),
  (["PAWL_INPUT": "/no/such"], "`PAWL_INPUT` names `/no/such`, which is no folder"),
  (["PAWL_INPUT": "/", "PAWL_OUTPUT": "/", "PAWL_SEED": "-1"], "`PAWL_SEED` is `-1`"),
  (["PAWL_INPUT": "/", "PAWL_OUTPUT": "/", "PAWL_GENERATION": "-1"], "`PAWL_GENERATION` is `-1`"),
])
func `an environment that is no stage's is told`(environment: [String: String], message: String) throws {
  let error = try #require(throws: StagesError.self) { try StageFolder(environment: environment) }
  #expect(error.message == message)
}
