using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Devices;

/// <summary>Every way to choose a device.</summary>
[Trait("Speed", "Quick")]
public class OpeningTests
{
    [Theory]
    [InlineData("cpu")]
    [InlineData("CPU")]
    [InlineData(" Cpu:0 ")]
    [InlineData("Managed CPU")]
    [InlineData("managed")]
    public void The_managed_CPU_opens_by_family_selector_and_name_in_any_case(string selector)
    {
        using AttentionDevice device = AttentionDevice.Open(selector);

        device.Description.Kind.Should().Be(DeviceKind.Cpu);
    }

    [Theory, EachBackend]
    public void A_device_opens_by_family_selector_name_and_line(Backend backend)
    {
        DeviceDescription expected = Backends.Find(backend)!;
        int line = DeviceCatalog.List().Select((device, index) => (device, index)).First(pair => pair.device.Selector == expected.Selector).index;

        foreach (string selector in new[] { expected.Family, expected.Selector.ToUpperInvariant(), expected.Name, $"{line}" })
        {
            using AttentionDevice device = AttentionDevice.Open(selector);
            device.Description.Selector.Should().Be(expected.Selector, $"'{selector}' selects it");
            device.Description.Name.Should().Be(expected.Name);
        }
    }

    [Theory, EachBackend]
    public void A_device_opens_by_kind(Backend backend)
    {
        DeviceDescription expected = Backends.Find(backend)!;

        using AttentionDevice device = AttentionDevice.Open(expected.Kind);

        device.Description.Kind.Should().Be(expected.Kind);
        device.ToString().Should().StartWith(device.Description.Selector);
    }

    [Fact]
    public void Opening_without_a_choice_takes_the_first_usable_line()
    {
        using var variable = new EnvironmentVariable(AttentionDevice.EnvironmentVariable, null);
        using AttentionDevice device = AttentionDevice.Open();

        device.Description.Selector.Should().Be(DeviceCatalog.List().First(line => line.IsUsable).Selector);
    }

    [Fact]
    public void The_environment_variable_overrides_the_choice()
    {
        using var variable = new EnvironmentVariable(AttentionDevice.EnvironmentVariable, "cpu");
        using AttentionDevice device = AttentionDevice.Open();

        device.Description.Kind.Should().Be(DeviceKind.Cpu);
    }

    [Fact]
    public void The_environment_variable_does_not_override_an_explicit_choice()
    {
        using var variable = new EnvironmentVariable(AttentionDevice.EnvironmentVariable, "no such device");
        using AttentionDevice device = AttentionDevice.Open(DeviceKind.Cpu);

        device.Description.Kind.Should().Be(DeviceKind.Cpu);
    }

    [Fact]
    public void An_environment_variable_that_selects_nothing_is_an_error_and_not_another_device()
    {
        using var variable = new EnvironmentVariable(AttentionDevice.EnvironmentVariable, "no such device");
        Action open = () => AttentionDevice.Open().Dispose();

        open.Should().Throw<DeviceUnavailableException>().WithMessage("*no such device*");
    }

    [Theory]
    [InlineData("no such device")]
    [InlineData("cpu:7")]
    [InlineData("opencl:99")]
    [InlineData("cuda:99")]
    public void An_unknown_device_is_refused_with_what_is_present(string selector)
    {
        Action open = () => AttentionDevice.Open(selector).Dispose();

        string message = open.Should().Throw<DeviceUnavailableException>().Which.Message;
        message.Should().Contain($"'{selector}'");
        DeviceCatalog.List().Where(device => device.IsUsable).Should().AllSatisfy(device => message.Should().Contain(device.Name));
    }

    [Fact]
    public void A_part_of_a_name_of_less_than_three_characters_is_refused()
    {
        Action open = () => AttentionDevice.Open("Ma").Dispose();

        open.Should().Throw<DeviceUnavailableException>().WithMessage("*'Ma'*at least 3 characters*");
    }

    [Theory]
    [InlineData("99")]
    [InlineData("-1")]
    public void A_line_that_the_catalog_lacks_is_refused(string line)
    {
        Action open = () => AttentionDevice.Open(line).Dispose();

        open.Should().Throw<DeviceUnavailableException>().WithMessage($"*{line}*");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    public void A_blank_selector_is_refused(string? selector)
    {
        Action open = () => AttentionDevice.Open(selector!).Dispose();

        open.Should().Throw<ArgumentException>().WithParameterName(nameof(selector));
    }

    [Fact]
    public void An_absent_kind_is_refused_by_its_name()
    {
        Action open = () => AttentionDevice.Open((DeviceKind)77).Dispose();

        open.Should().Throw<DeviceUnavailableException>().WithMessage("*77*");
    }
}
