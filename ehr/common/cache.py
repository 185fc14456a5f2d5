"""Django's cache on Redis or Valkey, with one client per connection pool.

Django makes a client, with its table of some 300 replies, anew for each question: more work than the question."""

from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient


class KeptClient(RedisCacheClient):
    """Asks as Django's does."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._made: dict[Any, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """The client of the pool; it may be shared, it holds no connection."""
        django: Any = self  # its types leave out what it offers to those who build on it
        pool = django._get_connection_pool(write)
        if pool not in self._made:
            self._made[pool] = django._client(connection_pool=pool)
        return self._made[pool]


class Cache(RedisCache):
    """The backend named in settings."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = KeptClient
