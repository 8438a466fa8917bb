// Refused: calls that must throw, and options to spoil.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <upconv/options/error.hpp>
#include <vector>

/// The call throws a ShapeError whose text holds every one of the parts.
template <class Call>
void expect_refused(const Call& call, const std::vector<std::string>& parts) {
    try {
        call();
        ADD_FAILURE() << "accepted; expected a refusal with: " << parts.back();
    } catch (const upconv::ShapeError& error) {
        for (const std::string& part : parts)
            EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
                << "\"" << error.what() << "\" lacks \"" << part << "\"";
    }
}

/// One channel, for which no option is wrong but the one under test.
template <class Op>
typename Op::Options plain() {
    typename Op::Options options;
    options.in_channels = options.out_channels = 1;
    options.kernel = 3;
    return options;
}
