// The shape of the database, and how an older one becomes the current one. Inside hub/store only.
#pragma once

#include <hub/store/sqlite.hpp>

namespace hub::store {

// The version that `bring_up_to_date` leads to.
int current_schema_version();

// Creates the tables in an empty database, or applies the migrations that an older one lacks, each in its own
// transaction. Refuses, untouched, a database of another program or of a newer version.
result<void> bring_up_to_date(sqlite::database& db);

}  // namespace hub::store
