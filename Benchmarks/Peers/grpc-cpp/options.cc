#include "options.h"

#include <algorithm>
#include <cstdlib>

Options::Options(int count, char **words, std::initializer_list<const char *> names) {
    for (int index = 0; index < count; index += 2) {
        const std::string word = words[index];
        const bool known =
            std::any_of(names.begin(), names.end(), [&](const char *name) { return "--" + std::string(name) == word; });
        if (!known) throw UsageError("'" + word + "' is no option here");
        if (index + 1 == count) throw UsageError(word + " has no value");
        if (!values_.emplace(word.substr(2), words[index + 1]).second) throw UsageError(word + " is given twice");
    }
}

std::string Options::text(const std::string &name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) throw UsageError("--" + name + " is missing");
    return found->second;
}

std::size_t Options::number(const std::string &name, std::size_t least, std::size_t most) const {
    const std::string value = text(name);
    const bool digits =
        !value.empty() && value.size() < 19 && value.find_first_not_of("0123456789") == std::string::npos;
    const std::size_t number = digits ? std::stoull(value) : 0;
    if (!digits || number < least || number > most) {
        throw UsageError("--" + name + " is a whole number from " + std::to_string(least) + " to " +
                         std::to_string(most) + ", not '" + value + "'");
    }
    return number;
}

double Options::seconds(const std::string &name, const char *otherwise) const {
    const std::string value = otherwise && !values_.count(name) ? otherwise : text(name);
    char *end = nullptr;
    const double seconds = std::strtod(value.c_str(), &end);
    if (end == value.c_str() || *end || !(seconds >= 0 && seconds <= 3600)) {
        throw UsageError("--" + name + " is from 0 to 3600 seconds, not '" + value + "'");
    }
    return seconds;
}
