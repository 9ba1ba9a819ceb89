-- Which actions make sense now. All of them write requests, which are annotations: Git's spec stays as it is, so
-- self-heal leaves them alone.
local annotations = obj.metadata.annotations or {}
local status = obj.status or {}
local resources = status.deploymentResourcesStatus or "Stopped"
local isPipeline = obj.kind == "Pipeline"
local isBatch = obj.spec.elements ~= nil
local isUp = resources == "Provisioned"
local stop = status.stop
local isStopping = stop ~= nil and stop.finishedAt == nil
local isDone = status.deploymentStatus == "Completed" or status.deploymentStatus == "Failed"
  or status.deploymentStatus == "Canceled"

local function enabled(isEnabled)
  return {["disabled"] = not isEnabled}
end

return {
  ["start"] = enabled(not isBatch and not isStopping and status.deploymentStatus ~= "Running"),
  ["pause"] = enabled(isPipeline and not isBatch and not isStopping and obj.spec.flink == nil and obj.spec.hook == nil
    and status.deploymentStatus ~= "Paused"),
  ["stop"] = enabled(not isBatch and resources ~= "Stopped" and not isStopping),
  ["force-stop"] = enabled(not isBatch and resources ~= "Stopped" and not (isStopping and stop.mode == "Force")),
  ["cancel"] = enabled(isBatch and not isDone),
  ["checkpoint"] = enabled(not isBatch and isUp and not isStopping),
  ["restart"] = enabled(not isStopping),
  ["approve"] = enabled(status.deploymentStatus == "AwaitingApproval"),
  ["dismiss-error"] = enabled(status.deploymentError ~= nil and resources == "Stopped"),
  ["follow-git"] = enabled(annotations["requests.sluice.dev/override"] ~= nil),
}
