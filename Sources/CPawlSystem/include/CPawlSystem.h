#pragma once
#include "pawl_workspace.h"
