// Fresh record ids: UUIDv7 (RFC 9562), ascending within the process.
#pragma once

#include <string>

std::string new_record_id();
