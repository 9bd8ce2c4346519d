// The functions of fmt, compiled here once instead of in every source that formats a text: with its
// header-only form they are a fifth of the compile time. A sanitized build checks them like our own
// functions; those of the shared library it could not check.
#include <locale>

#include <fmt/format-inl.h>

// These templates the headers only declare, as this file is to provide them.
template auto fmt::detail::dragonbox::to_decimal(float number) noexcept
    -> fmt::detail::dragonbox::decimal_fp<float>;
template auto fmt::detail::dragonbox::to_decimal(double number) noexcept
    -> fmt::detail::dragonbox::decimal_fp<double>;
template fmt::detail::locale_ref::locale_ref(const std::locale& locale);
template auto fmt::detail::locale_ref::get<std::locale>() const -> std::locale;
template auto fmt::detail::thousands_sep_impl(fmt::detail::locale_ref locale)
    -> fmt::detail::thousands_sep_result<char>;
template auto fmt::detail::decimal_point_impl(fmt::detail::locale_ref locale) -> char;
