// What follows the sub-command: pairs of --name and value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <stdexcept>
#include <string>

// What is wrong with how the program was called.
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Options {
  public:
    // Reads pairs of words up to the last; all names have to be among the given ones.
    Options(int count, char **words, std::initializer_list<const char *> names);

    std::string text(const std::string &name) const;
    std::size_t number(const std::string &name, std::size_t least, std::size_t most) const;
    double seconds(const std::string &name, const char *otherwise = nullptr) const;

  private:
    std::map<std::string, std::string> values_;
};
