-- How Argo CD judges a custom resource of Sluice. An intended stop is as healthy as an intended run.
local annotations = obj.metadata.annotations or {}
local status = obj.status or {}

local function condition(kind)
  for _, each in ipairs(status.conditions or {}) do
    if each.type == kind then
      return each
    end
  end
  return {}
end

local function judge(health, message)
  local override = status.override
  if override ~= nil then
    message = message .. " (by an override of what Git says, until Git changes it)"
  end
  return {status = health, message = message}
end

if annotations["sluice.dev/paused"] == "true" then
  return judge("Suspended", "reconciliation is paused by the annotation sluice.dev/paused")
end
if (status.observedGeneration or 0) < (obj.metadata.generation or 0) then
  return judge("Progressing", "the operator has not seen this generation yet")
end

local ready, stalled = condition("Ready"), condition("Stalled")
if status.deploymentStatus == "AwaitingApproval" then
  return judge("Suspended", ready.message or "a changed program waits for approval")
end

local stop = status.stop
local isStopping = stop ~= nil and stop.finishedAt == nil
if isStopping and (stalled.status ~= "True" or stalled.reason == "StopStuck" or stalled.reason == "StopFailed") then
  local message = (status.deploymentStatus or "Stopping")
  if stop.lastError ~= nil then
    message = message .. ": " .. stop.lastError
  end
  if stop.blockers ~= nil and #stop.blockers > 0 then
    message = message .. "; it waits for: " .. table.concat(stop.blockers, ", ")
  end
  return judge("Progressing", message)
end
if stalled.status == "True" then
  return judge("Degraded", stalled.message or stalled.reason)
end
if ready.status == "True" then
  return judge("Healthy", ready.message or status.deploymentStatus)
end
return judge("Progressing", ready.message or "the operator is at work")
