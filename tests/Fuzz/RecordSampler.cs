using System.Collections.Immutable;
using System.Reflection;
using FlexFs.Wire;

namespace FlexFs.Fuzz;

/// <summary>Makes values of any wire record from its declaration, so that every record is fuzzed and has a golden file.</summary>
/// <remarks>
/// A value depends on the fields' numbers and types only: adding a field does not change what the others hold, and the
/// same declaration gives the same bytes for ever. Tests may reflect; the product never does.
/// </remarks>
public static class RecordSampler
{
    /// <summary>The wire records of an assembly, by name.</summary>
    public static IReadOnlyList<Type> RecordsIn(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        return [.. assembly.GetTypes().Where(IsRecord).OrderBy(type => type.FullName, StringComparer.Ordinal)];
    }

    /// <summary>Whether the type is a wire record.</summary>
    public static bool IsRecord(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return type.IsDefined(typeof(WireRecordAttribute), inherit: false);
    }

    /// <summary>The fields in the order of their numbers.</summary>
    public static IReadOnlyList<PropertyInfo> FieldsOf(Type record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return
        [
            .. record.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                .Where(p => p.IsDefined(typeof(FieldAttribute)))
                .OrderBy(p => p.GetCustomAttribute<FieldAttribute>()!.Number),
        ];
    }

    /// <summary>A value with something in every field.</summary>
    public static T Full<T>() => (T)Record(typeof(T));

    private static object Record(Type type)
    {
        var record = Activator.CreateInstance(type)!;
        foreach (var property in FieldsOf(type))
        {
            var field = property.GetCustomAttribute<FieldAttribute>()!;
            property.SetValue(record, Value(property.PropertyType, field, field.Number, field.Max));
        }

        return record;
    }

    private static object Value(Type type, FieldAttribute field, int seed, int max)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner) return Value(inner, field, seed, max);
        if (IsRecord(type)) return Record(type);
        if (type == typeof(string)) return "text"[..Math.Min(4, max)];
        if (type == typeof(ReadOnlyMemory<byte>))
        {
            return new ReadOnlyMemory<byte>([.. Enumerable.Range(seed, Math.Min(5, max)).Select(i => (byte)i)]);
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>))
        {
            return Items(type.GetGenericArguments()[0], field, seed);
        }

        return Fixed(type, field, seed);
    }

    private static object Items(Type element, FieldAttribute field, int seed)
    {
        var items = Array.CreateInstance(element, Math.Min(2, field.Max));
        for (var i = 0; i < items.Length; i++) items.SetValue(Value(element, field, seed + i, field.ElementMax), i);
        return typeof(System.Runtime.InteropServices.ImmutableCollectionsMarshal)
            .GetMethod("AsImmutableArray")!.MakeGenericMethod(element).Invoke(null, [items])!;
    }

    private static object Fixed(Type type, FieldAttribute field, int seed)
    {
        // The bytes of a value tell its field and its order: 0x38373635_34333231 in field 3.
        var number = 0UL;
        for (var i = 7; i >= 0; i--) number = (number << 8) | (byte)((seed * 16) + i + 1);
        if (type.IsEnum)
        {
            var values = Enum.GetValuesAsUnderlyingType(type);
            return Enum.ToObject(type, field.Defined ? values.GetValue(seed % values.Length)! : values.GetValue(values.Length - 1)!);
        }

        if (type == typeof(bool)) return true;
        if (type == typeof(byte)) return (byte)number;
        if (type == typeof(sbyte)) return (sbyte)number;
        if (type == typeof(ushort)) return (ushort)number;
        if (type == typeof(short)) return (short)number;
        if (type == typeof(uint)) return (uint)number;
        if (type == typeof(int)) return (int)number;
        if (type == typeof(ulong)) return number;
        if (type == typeof(long)) return (long)number;
        if (type == typeof(UInt128)) return new UInt128(~number, number);
        if (type == typeof(Guid)) return new Guid((uint)number, (ushort)seed, 3, 4, 5, 6, 7, 8, 9, 10, 11);

        // An id: the constructor whose parameter is a primitive named like a property.
        var constructor = type.GetConstructors().Single(c =>
            c.GetParameters() is [var only] && type.GetProperty(only.Name!) is { } p && p.PropertyType == only.ParameterType);
        return constructor.Invoke([Fixed(constructor.GetParameters()[0].ParameterType, field, seed)]);
    }
}
