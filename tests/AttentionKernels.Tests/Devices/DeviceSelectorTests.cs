using AttentionKernels.Devices;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Devices;

/// <summary>What selectors mean where several devices are alike.</summary>
[Trait("Speed", "Quick")]
public class DeviceSelectorTests
{
    private static readonly DeviceDescription _first = Describe(DeviceKind.Cuda, 0, "Some GPU 40");
    private static readonly DeviceDescription _second = Describe(DeviceKind.Cuda, 1, "Some GPU 40");
    private static readonly DeviceDescription _larger = Describe(DeviceKind.Cuda, 2, "Some GPU 4090");
    private static readonly DeviceDescription _overOpenCl = Describe(DeviceKind.OpenClGpu, 0, "Some GPU 4090");
    private static readonly DeviceDescription _processor = Describe(DeviceKind.OpenClCpu, 1, "cpu-skylake");

    [Theory]
    [InlineData("Some GPU 40")]
    [InlineData("gpu")]
    public void A_name_of_several_devices_is_ambiguous_and_their_selectors_are_listed(string name)
    {
        Action choose = () => Choose(name, _first, _second, _processor);

        choose.Should().Throw<DeviceUnavailableException>().WithMessage($"*'{name}' is ambiguous*cuda:0 Some GPU 40; cuda:1 Some GPU 40.");
    }

    [Fact]
    public void A_whole_name_comes_before_parts_of_others() => Choose("some gpu 40", _first, _larger).Should().Equal(_first);

    [Fact]
    public void One_device_through_two_drivers_is_not_ambiguous() => Choose("4090", _larger, _overOpenCl).Should().Equal(_larger, _overOpenCl);

    [Fact]
    public void A_family_means_all_its_devices_in_order() => Choose("cuda", _first, _second, _processor).Should().Equal(_first, _second);

    [Fact]
    public void A_selector_means_one_of_the_devices_of_a_name() => Choose("CUDA:1", _first, _second).Should().Equal(_second);

    [Fact]
    public void A_name_may_begin_as_a_family_does() => Choose("cpu-sky", _first, _processor).Should().Equal(_processor);

    private static IReadOnlyList<DeviceDescription> Choose(string text, params DeviceDescription[] devices)
    {
        var selector = new DeviceSelector(text);
        return selector.Narrow([.. devices.Where(selector.Fits)]);
    }

    private static DeviceDescription Describe(DeviceKind kind, int index, string name) => new() { Kind = kind, Index = index, Name = name, Driver = "none" };
}
