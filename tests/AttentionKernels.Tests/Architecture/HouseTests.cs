using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Architecture;

/// <summary>The library keeps the rules of the house: no figure rises above its ceiling, and no folder imports one above it that did not before.</summary>
/// <remarks><c>eng/house</c> prints the figures, and the places that one of them counts.</remarks>
[Trait("Speed", "Quick")]
public class HouseTests
{
    public static TheoryData<string> Figures => [.. House.Today.Limits.Select(limit => limit.Figure)];

    [Theory]
    [MemberData(nameof(Figures))]
    public void A_figure_is_at_most_its_ceiling(string name)
    {
        HouseFigure figure = House.Today.Figures.Single(figure => figure.Name == name);
        HouseLimit limit = House.Today.Limits.Single(limit => limit.Figure == name);

        figure.Value.Should().BeLessThanOrEqualTo(limit.Ceiling, "eng/house {0} prints the places that count", name);
    }

    [Fact]
    public void Every_figure_has_one_limit_with_a_goal_that_the_ceiling_does_not_pass()
    {
        House.Today.Limits.Select(limit => limit.Figure).Should().BeEquivalentTo(House.Today.Figures.Select(figure => figure.Name));
        House.Today.Limits.Should().OnlyContain(limit => limit.Goal == null || limit.Goal <= limit.Ceiling);
    }

    [Fact]
    public void Imports_run_downward()
    {
        FolderImports imports = House.Today.Imports;

        imports.Unordered.Should().BeEmpty("House says for every folder which others it may import");
        IEnumerable<string> added = imports.Upward.Where(import => !House.Today.RecordedImports.Contains(import.Name))
            .SelectMany(import => import.Uses.Select(use => $"{import.Name}: {use}"));
        string.Join('\n', added).Should().BeEmpty("a folder imports those below it");
    }
}
