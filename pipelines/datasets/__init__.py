"""Operations on finished datasets: info, statistics, export."""
