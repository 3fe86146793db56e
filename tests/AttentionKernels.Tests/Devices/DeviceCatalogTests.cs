using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using ILGPU.Runtime.OpenCL;
using Xunit;

namespace AttentionKernels.Tests.Devices;

[Trait("Speed", "Quick")]
public class DeviceCatalogTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly IReadOnlyList<DeviceDescription> _catalog = DeviceCatalog.List();

    [Fact]
    public void The_managed_CPU_is_always_listed_and_usable()
    {
        DeviceDescription cpu = _catalog.Should().ContainSingle(device => device.Kind == DeviceKind.Cpu).Subject;

        cpu.IsUsable.Should().BeTrue();
        cpu.Unusable.Should().BeNull();
        cpu.Selector.Should().Be("cpu:0");
        cpu.ComputeUnits.Should().Be(Environment.ProcessorCount);
        cpu.MaximumGroupSize.Should().BeGreaterThanOrEqualTo(256);
    }

    [Fact]
    public void Lines_are_in_the_order_of_preference() =>
        _catalog.Select(device => device.Kind).Should().BeInAscendingOrder();

    [Fact]
    public void Every_family_has_a_line_even_without_a_driver() =>
        _catalog.Select(device => device.Family).Distinct().Should().BeEquivalentTo("cuda", "opencl", "cpu");

    [Fact]
    public void Selectors_are_unique() =>
        _catalog.Select(device => device.Selector).Should().OnlyHaveUniqueItems();

    [Fact]
    public void Listing_again_gives_the_same_lines() =>
        DeviceCatalog.List().Select(device => device.Selector + device.Name + device.Unusable)
            .Should().Equal(_catalog.Select(device => device.Selector + device.Name + device.Unusable));

    [Fact]
    public void A_usable_line_says_its_limits() =>
        _catalog.Where(device => device.IsUsable).Should().AllSatisfy(device =>
        {
            device.Memory.Should().BePositive();
            device.ComputeUnits.Should().BePositive();
            device.MaximumGroupSize.Should().BePositive();
            device.SharedMemoryPerGroup.Should().BePositive();
            device.Driver.Should().NotBeNullOrWhiteSpace();
            device.ToString().Should().Contain(device.Selector).And.Contain(device.Name).And.Contain(device.Driver)
                .And.Contain("compute units").And.NotContain("\n");
        });

    [Theory, EachBackend]
    public void The_driver_is_said_with_its_version(Backend backend)
    {
        DeviceDescription description = Device(backend).Description;
        if (Device(backend).Accelerator is CLAccelerator accelerator)
            description.Driver.Should().EndWith(", " + CLAPI.CurrentAPI.GetDeviceInfo(accelerator.DeviceId, CLDeviceInfoType.CL_DRIVER_VERSION));
        else
            description.Driver.Should().MatchRegex(@"\d+\.\d+");
    }

    [Fact]
    public void An_unusable_line_says_why()
    {
        string[] lines = ChildProcess.ListDevices(("OCL_ICD_VENDORS", Path.Combine(Path.GetTempPath(), "no-such-folder")));

        lines.Should().ContainSingle(line => line.StartsWith("opencl", StringComparison.Ordinal))
            .Which.Should().MatchRegex(@": cannot be used: \S+");
    }

    [Fact]
    public void A_description_lists_the_capabilities_it_has()
    {
        var description = new DeviceDescription
        {
            Kind = DeviceKind.OpenClGpu,
            Index = 3,
            Name = "Some GPU",
            Driver = "Some driver 1.0",
            Memory = 3L << 29,
            ComputeUnits = 12,
            MaximumGroupSize = 1024,
            SharedMemoryPerGroup = 48 << 10,
            SubGroups = true,
            Float64 = true,
        };

        description.ToString().Should().Be("opencl:3  Some GPU (Some driver 1.0): 1.5 GiB, 12 compute units, groups of 1024, 48 KiB shared, subgroups, fp64");
    }
}
