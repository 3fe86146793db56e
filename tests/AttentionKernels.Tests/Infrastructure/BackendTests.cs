using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Infrastructure;

/// <summary>Which backends the other tests run on: one line for each that is absent, and a failure where it is required.</summary>
[Trait("Speed", "Quick")]
public class BackendTests(TestDevices devices) : DeviceTests(devices)
{
    // Where the environment says what has to be there, the absence of anything else is no news.
    public static TheoryData<Backend> All => [.. Enum.GetValues<Backend>().Where(backend => Backends.IsWanted(backend) || !Backends.AnyIsRequired)];

    [Theory]
    [MemberData(nameof(All))]
    public void A_backend_opens(Backend backend)
    {
        Assert.SkipUnless(Backends.IsWanted(backend), Backends.Absence(backend));

        Device(backend).Description.IsUsable.Should().BeTrue();
    }
}
