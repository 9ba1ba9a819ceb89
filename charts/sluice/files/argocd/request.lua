-- What every action begins with: how requests are written.
local os = require("os")

local function write(verb, value)
  if obj.metadata.annotations == nil then
    obj.metadata.annotations = {}
  end
  obj.metadata.annotations["requests.sluice.dev/" .. verb] = value
  return obj
end

local function ask(verb, arguments)
  local token = "argocd-" .. os.date("!%Y%m%dT%H%M%SZ")
  return write(verb, '{' .. (arguments or '') .. '"token":"' .. token .. '","uid":"' .. obj.metadata.uid .. '"}')
end

-- Says what the spec said, so that a commit in between is noticed.
local function override(desired, force)
  return ask("override", '"desiredStatus":"' .. desired .. '","force":' .. tostring(force)
    .. ',"specDesiredStatus":"' .. (obj.spec.desiredStatus or "Running")
    .. '","specForce":' .. tostring(obj.spec.force == true) .. ',')
end

